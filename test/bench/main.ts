/** `npm run bench`, or `npm run bench -- kv exec`: prints medians and ratios of one run; see performance in the README. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { benchDrop } from "./drop.ts";
import { benchExec } from "./exec.ts";
import { benchHttp } from "./http/http.ts";
import { benchKv } from "./kv/kv.ts";
import { benchMachines } from "./machines.ts";
import { printedReport, type Report } from "./measure.ts";
import { benchPage } from "./page.ts";
import { benchPipeline } from "./pipeline.ts";
import { benchTransitions } from "./transitions.ts";

const benches: Readonly<Record<string, (report: Report) => Promise<void>>> = {
  kv: benchKv,
  transitions: benchTransitions,
  exec: benchExec,
  pipeline: benchPipeline,
  drop: benchDrop,
  machines: benchMachines,
  http: benchHttp,
  page: benchPage,
};

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !Object.hasOwn(benches, name));
if (unknown.length > 0) {
  console.error(`there is no bench ${unknown.join(", ")}; there are: ${Object.keys(benches).join(", ")}`);
  process.exitCode = 2;
} else if (asked.length === 1) {
  const report = printedReport(console.log);
  await benches[asked[0] ?? ""]?.(report);
  report.end();
} else {
  // Each in a process of its own: what one leaves in memory would slow the spawns of the next.
  for (const name of Object.keys(benches).filter((one) => asked.length === 0 || asked.includes(one))) {
    const { status } = spawnSync(process.execPath, [fileURLToPath(import.meta.url), name], {
      stdio: "inherit",
    });
    if (status !== 0) process.exitCode = 1;
  }
}
