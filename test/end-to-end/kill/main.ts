/** The long fault test: `npm run faults`, or `npm run faults -- --updates 2000 --kills 300`. */
import { parseArgs } from "node:util";
import { runFaults } from "./faults.ts";

const { values } = parseArgs({
  options: { updates: { type: "string", default: "2000" }, kills: { type: "string", default: "300" } },
});
const { kills, figures, faults } = await runFaults({
  updates: Number(values.updates),
  kills: Number(values.kills),
  random: Math.random,
  say: (line) => console.log(line),
});
console.log(`${values.updates} orders`);
console.log(`kills: ${kills.daemon} of the daemon, ${kills.helper} of its helper, ${kills.both} of both`);
for (const [name, count] of Object.entries(figures)) console.log(`${name}: ${count}`);
for (const fault of faults) console.log(`FAULT: ${fault}`);
console.log(faults.length === 0 ? "every promise was kept" : `${faults.length} faults`);
process.exitCode = faults.length === 0 ? 0 : 1;
