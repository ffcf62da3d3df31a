/**
 * Commands per second through the helper process, against bare spawn in a small process; what a large daemon costs; execa against
 * spawn. Every contender of a figure runs in turn with the others.
 */
import { type ChildProcess, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import type { ExecTask } from "./exec-process.ts";
import { interleaved, median, type Report, type Target } from "./measure.ts";

const cores = availableParallelism();
const count = 200;
const rounds = 5;
const nothing = ["/bin/true"];
/** About 30 ms of work. */
const busy = ["/bin/sh", "-c", "i=0; while [ $i -lt 15000 ]; do i=$((i+1)); done"];

/** Takes about a minute. */
export async function benchExec(report: Report): Promise<void> {
  const small = await Daemon.start(0);
  const large = await Daemon.start(1024);
  try {
    await benchRates(report, small);
    await benchMemory(report, small, large);
    await benchDelay(report, small);
  } finally {
    await Promise.all([small.end(), large.end()]);
  }
}

async function benchRates(report: Report, small: Daemon): Promise<void> {
  const took = (by: ExecTask["by"], width: number) => () =>
    small.do({ by, argv: nothing, count, width, answer: "took" });
  const [shell, spawn1, spawnAll, execa1, execaAll, helper1, helperAll] = await interleaved(
    [
      shellLoop,
      took("spawn", 1),
      took("spawn", cores),
      took("execa", 1),
      took("execa", cores),
      took("helper", 1),
      took("helper", cores),
    ],
    { rounds },
  );
  report.section(`commands: /bin/true, ${count} each`);
  const row = (name: string, ms: number, of?: { ms: number; to: string; target?: Target }): void => {
    report.row({
      name,
      value: (count / ms) * 1000,
      unit: "/s",
      ...(of && { ratio: of.ms / ms, to: of.to, ...(of.target && { target: of.target }) }),
    });
  };
  row("floor: a shell's loop", shell);
  row("bare spawn, 1 in flight", spawn1, { ms: shell, to: "floor" });
  row(`bare spawn, ${cores} in flight`, spawnAll, { ms: shell, to: "floor" });
  row("execa, 1 in flight", execa1, { ms: spawn1, to: "bare spawn" });
  row(`execa, ${cores} in flight`, execaAll, { ms: spawnAll, to: "bare spawn" });
  row("helper, 1 in flight", helper1, { ms: spawn1, to: "bare spawn", target: ">= 0.66" });
  row(`helper, ${cores} in flight`, helperAll, { ms: spawnAll, to: "bare spawn", target: ">= 0.66" });
  row(`helper, ${cores} in flight`, helperAll, { ms: shell, to: "floor", target: ">= 0.3" });
}

async function benchMemory(report: Report, small: Daemon, large: Daemon): Promise<void> {
  const task = { argv: nothing, width: cores, answer: "took" } as const;
  const few = 20;
  const [smallHelper, largeHelper, smallSpawn, largeSpawn] = await interleaved(
    [
      () => small.do({ ...task, by: "helper", count }),
      () => large.do({ ...task, by: "helper", count }),
      () => small.do({ ...task, by: "spawn", count: few }),
      () => large.do({ ...task, by: "spawn", count: few }),
    ],
    { rounds },
  );
  report.section(`commands of a daemon with 1 GiB of anonymous memory, ${cores} in flight`);
  report.row({
    name: "helper",
    value: (count / largeHelper) * 1000,
    unit: "/s",
    ratio: smallHelper / largeHelper,
    to: "a small daemon",
    target: ">= 0.7",
  });
  report.row({
    name: "bare spawn, for comparison",
    value: (few / largeSpawn) * 1000,
    unit: "/s",
    ratio: smallSpawn / largeSpawn,
    to: "a small daemon",
  });
}

async function benchDelay(report: Report, small: Daemon): Promise<void> {
  const delays: Record<"helper" | "spawn", number[]> = { helper: [], spawn: [] };
  for (let round = 0; round < rounds; round++) {
    for (const by of ["helper", "spawn"] as const) {
      delays[by].push(await small.do({ by, argv: busy, count: 64, width: 32, answer: "delay" }));
    }
  }
  report.section("delay of the daemon's loop, p99, 32 busy commands asked for at once");
  const helper = median(delays.helper);
  report.row({ name: "helper", value: helper, unit: "ms", target: "<= 10 ms" });
  report.row({ name: "bare spawn, all 32 at once, for comparison", value: median(delays.spawn), unit: "ms" });
}

/** The least that starting and awaiting a program costs here: a small shell that does nothing else. */
async function shellLoop(): Promise<void> {
  const script = `i=0; while [ $i -lt ${count} ]; do /bin/true; i=$((i+1)); done`;
  await once(spawn("/bin/sh", ["-c", script], { stdio: "ignore" }), "exit");
}

class Daemon {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  static async start(ballastMiB: number): Promise<Daemon> {
    const child = fork(fileURLToPath(new URL("./exec-process.js", import.meta.url)), [String(ballastMiB)]);
    await once(child, "message");
    return new Daemon(child);
  }

  async do(task: ExecTask): Promise<number> {
    this.#child.send(task);
    const [answer] = (await once(this.#child, "message")) as [number];
    return answer;
  }

  async end(): Promise<void> {
    this.#child.disconnect();
    await once(this.#child, "exit");
  }
}
