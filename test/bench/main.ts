/** `npm run bench`, or `npm run bench -- kv exec`: prints medians and ratios of one run; see performance in the README. */
import { benchDrop } from "./drop.ts";
import { benchExec } from "./exec.ts";
import { benchKv } from "./kv.ts";
import { benchMachines } from "./machines.ts";
import { printedReport, type Report } from "./measure.ts";
import { benchPipeline } from "./pipeline.ts";
import { benchTransitions } from "./transitions.ts";

const benches: Readonly<Record<string, (report: Report) => Promise<void>>> = {
  kv: benchKv,
  transitions: benchTransitions,
  exec: benchExec,
  pipeline: benchPipeline,
  drop: benchDrop,
  machines: benchMachines,
};

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !Object.hasOwn(benches, name));
if (unknown.length > 0) {
  console.error(`there is no bench ${unknown.join(", ")}; there are: ${Object.keys(benches).join(", ")}`);
  process.exitCode = 2;
} else {
  for (const [name, bench] of Object.entries(benches)) {
    if (asked.length === 0 || asked.includes(name)) await bench(printedReport(console.log));
  }
}
