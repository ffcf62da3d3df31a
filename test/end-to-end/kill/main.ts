/** The long fault test: `npm run faults`, or `npm run faults -- --updates 2000 --kills 100`. */
import { parseArgs } from "node:util";
import { runFaults } from "./faults.ts";

const { values } = parseArgs({
  options: { updates: { type: "string", default: "2000" }, kills: { type: "string", default: "100" } },
});
const report = await runFaults({
  updates: Number(values.updates),
  kills: Number(values.kills),
  random: Math.random,
  say: (line) => console.log(line),
});
console.log(
  `${report.updates} updates, ${report.kills} kills, ${report.repeatedRuns} runs repeated under their old id`,
);
for (const fault of report.faults) console.log(`FAULT: ${fault}`);
console.log(report.faults.length === 0 ? "every promise was kept" : `${report.faults.length} faults`);
process.exitCode = report.faults.length === 0 ? 0 : 1;
