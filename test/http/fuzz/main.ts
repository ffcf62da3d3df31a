/** The long fuzz run: `npm run fuzz`, or `npm run fuzz -- --requests 2000 --seed 7`. */
import { parseArgs } from "node:util";
import { runFuzz } from "./run-fuzz.ts";

const { values } = parseArgs({
  options: { requests: { type: "string", default: "20000" }, seed: { type: "string" } },
});
const seed = values.seed === undefined ? Date.now() % 2 ** 31 : Number(values.seed);
const began = performance.now();
console.log(`seed ${seed}`);
const { counts, faults, sent, malformed, warm, end } = await runFuzz({
  requests: Number(values.requests),
  seed,
});
for (const [label, count] of [...counts].sort(([a], [b]) => a.localeCompare(b)))
  console.log(`${String(count).padStart(6)}  ${label}`);
const byStatus = new Map<string, number>();
for (const [label, count] of counts) {
  const status = label.slice(label.lastIndexOf(" ") + 1);
  byStatus.set(status, (byStatus.get(status) ?? 0) + count);
}
console.log(
  [...byStatus]
    .sort()
    .map(([status, count]) => `${status}: ${count}`)
    .join(", "),
);
const seconds = ((performance.now() - began) / 1000).toFixed(0);
console.log(`${sent} requests and ${malformed} malformed ones in ${seconds} s`);
console.log(`file descriptors ${warm.descriptors} after the warm-up, ${end.descriptors} at the end`);
console.log(`memory ${warm.memoryMiB} MiB after the warm-up, ${end.memoryMiB} MiB at the end`);
for (const fault of faults) console.log(`FAULT: ${fault}`);
console.log(faults.length === 0 ? "no fault" : `${faults.length} faults`);
process.exitCode = faults.length === 0 ? 0 : 1;
