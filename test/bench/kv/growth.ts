/** How the embedded store does as it grows, and a thousand watches; each in a process of its own, so that memory is its own. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Report } from "../measure.ts";

export const sizes = [1e3, 1e4, 1e5, 1e6] as const;
export const watches = 1000;

export interface Grown {
  readonly keys: number;
  /** A second, of random keys. */
  readonly gets: number;
  /** A second, 1000 in flight, of random keys. */
  readonly puts: number;
  /** Bytes of memory that no file backs. */
  readonly anonymous: number;
  /** Bytes of the data file. */
  readonly file: number;
}

export interface Watched {
  /** From the call of put until all watches have it; each a put of its own. */
  readonly delays: readonly number[];
  /** Bytes of memory for each, that no file backs. */
  readonly memory: number;
}

export async function benchGrowth(report: Report, directory: string): Promise<void> {
  const grown = await inFreshProcess<readonly Grown[]>("grow", directory);
  const [first] = grown;
  if (!first) return;
  report.section("growth: values of 100 B, random keys, history 5");
  for (const at of grown) {
    const isLast = at === grown.at(-1);
    const name = `${at.keys.toLocaleString("en").replaceAll(",", "_")} keys`;
    const target = isLast ? ({ target: ">= 0.3" } as const) : {};
    const to = `that of ${first.keys} keys`;
    report.row({
      name: `${name}: get`,
      value: at.gets,
      unit: "/s",
      ratio: at.gets / first.gets,
      to,
      ...target,
    });
    const puts = { name: `${name}: put, 1000 in flight`, value: at.puts, unit: "/s" };
    report.row({ ...puts, ratio: at.puts / first.puts, to, ...target });
    report.row({ name: `${name}: data file`, value: at.file / 2 ** 20, unit: "MiB" });
    const more = {
      name: `${name}: memory more`,
      value: (at.anonymous - first.anonymous) / 2 ** 20,
      unit: "MiB",
    };
    report.row(isLast ? { ...more, target: "<= 20 MiB" } : more);
  }
}

export async function benchManyWatches(report: Report, directory: string): Promise<void> {
  const { delays, memory } = await inFreshProcess<Watched>("watch", directory);
  report.section(`${watches} watches of one bucket in one process`);
  const sorted = delays.toSorted((left, right) => left - right);
  const p50 = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  report.row({ name: "put -> all have it, p50", value: p50, unit: "ms" });
  report.row({ name: "put -> all have it, slowest", value: sorted.at(-1) ?? Number.NaN, unit: "ms" });
  report.row({ name: "memory of a watch", value: memory / 1024, unit: "KiB" });
}

async function inFreshProcess<Figures>(task: string, directory: string): Promise<Figures> {
  const program = fileURLToPath(new URL("./growth-process.js", import.meta.url));
  const child = fork(program, [task, directory], { execArgv: ["--expose-gc"] });
  const gone = once(child, "exit");
  const [figures] = (await once(child, "message")) as [Figures];
  await gone;
  return figures;
}
