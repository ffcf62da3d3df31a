/** The long fault run of a cluster: `npm run faults:cluster`, or `npm run faults:cluster -- --rounds 3 --megabytes 20`. */
import { parseArgs } from "node:util";
import { runClusterFaults } from "./run.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "20" },
    keys: { type: "string", default: "200" },
    megabytes: { type: "string", default: "200" },
  },
});
const { rounds, acknowledged, reads, missed } = await runClusterFaults({
  rounds: Number(values.rounds),
  keys: Number(values.keys),
  megabytes: Number(values.megabytes),
  say: (line) => console.log(line),
});
console.table(missed);
const count = Object.values(missed).reduce((sum, one) => sum + one, 0);
console.log(`${rounds} rounds, ${acknowledged} acknowledged entries, ${reads} reads: ${count} missed`);
process.exitCode = count === 0 ? 0 : 1;
