/**
 * Commands that leave their process group, session, parent or environment, times every way to end them: nothing of a run may
 * live when its next copy starts, and nothing may be left at the end. All commands of one row run side by side.
 */
import { describe, expect, it } from "vitest";
import type { CommandRequest, CommandResult } from "../../src/exec/command.ts";
import type { HelperRunner } from "../../src/exec/helper-runner.ts";
import { runningProcesses } from "../../src/exec/process-table.ts";
import { placeOf } from "../../src/exec/run-marks.ts";
import { directoryMark } from "../../src/lib/process-lock.ts";
import { startBuilt } from "./built-program.ts";
import type { Lifelines } from "./lifelines.ts";
import {
  freshDirectory,
  freshLifelines,
  request,
  run,
  runDirectories,
  runDirectoriesBecome,
  shell,
  startRunner,
} from "./runner-harness.ts";

/** Scripts around `$@`, which lives until it is killed. `exec sleep` keeps the run going after the fork. */
const escapes = {
  timeout: 'timeout 600 "$@"',
  setsid: 'setsid -w "$@"',
  "double-fork": '(setsid "$@" &); exec sleep 600',
  "env-i": 'env -i "$@"',
  "env-i-and-double-fork": '(env -i setsid "$@" &); exec sleep 600',
  nohup: 'nohup "$@"',
  "background-child": '"$@" & wait',
  "closed-stdio": '(setsid "$@" <&- >&- 2>&- &); exec sleep 600',
};
const names = Object.keys(escapes) as (keyof typeof escapes)[];

function escaping(lifelines: Lifelines, changes: Partial<CommandRequest> = {}): CommandRequest[] {
  return names.map((name) =>
    request(["/bin/sh", "-c", escapes[name], "sh", ...lifelines.argv(name, "deaf")], changes),
  );
}

/** An ended command that deliberately left this behind: it belongs to nobody, and no end of others may touch it. */
function leavingBehind(lifelines: Lifelines): CommandRequest {
  const words = lifelines.argv("server").map((word) => `'${word}'`);
  return shell(`${words.join(" ")} >/dev/null 2>&1 &`);
}

async function allBegun(lifelines: Lifelines): Promise<void> {
  await Promise.all([...names, "server"].map((name) => lifelines.begun(name)));
}

/** Runs a second copy of each beside what may be left, ends it, and checks every cell of the row. */
async function judge(directory: string, lifelines: Lifelines, runner: HelperRunner): Promise<void> {
  const copies = names.map((name) => run(runner, request(lifelines.argv(`${name}-again`))));
  for (const name of names) (await lifelines.begun(`${name}-again`)).exit(0);
  await Promise.all(copies);
  const { events } = lifelines;
  const overlaps = names.filter((name) => {
    const ended = events.indexOf(`-${name}`);
    return ended < 0 || ended > events.indexOf(`+${name}-again`);
  });
  expect(overlaps).toEqual([]);
  expect(lifelines.lives("server")).toBe(true);
  const server = await lifelines.begun("server");
  const mark = directoryMark(directory);
  const left = runningProcesses().filter(({ pid }) => placeOf(pid, mark) !== undefined && pid !== server.pid);
  expect(left).toEqual([]);
  await runner.stop({ drainMs: 0 });
  expect(runDirectories(directory)).toEqual([]);
}

async function startRow(directory: string, lifelines: Lifelines, changes: Partial<CommandRequest> = {}) {
  const runner = await startRunner(directory, { concurrency: 16 });
  await run(runner, leavingBehind(lifelines));
  const abort = new AbortController();
  const results = escaping(lifelines, changes).map((wanted) => runner.run(wanted, abort.signal));
  await allBegun(lifelines);
  return { runner, abort, results: Promise.all(results) };
}

async function startDaemonRow(directory: string, lifelines: Lifelines) {
  const requests = [leavingBehind(lifelines), ...escaping(lifelines)];
  const daemon = await startBuilt("daemon", directory, "300", JSON.stringify(requests));
  await allBegun(lifelines);
  await runDirectoriesBecome(directory, names.length);
  return daemon;
}

const ends = (results: readonly CommandResult[]): string[] => [...new Set(results.map(({ end }) => end.how))];

describe.runIf(process.platform === "linux")("a command that escapes has no second copy beside it", () => {
  it("after the timeout of its watcher", async () => {
    const directory = freshDirectory();
    const lifelines = await freshLifelines(directory);
    const { runner, results } = await startRow(directory, lifelines, { timeoutMs: 3_000 });
    expect(ends(await results)).toEqual(["timed-out"]);
    await judge(directory, lifelines, runner);
  });

  it("after a stop", async () => {
    const directory = freshDirectory();
    const lifelines = await freshLifelines(directory);
    const { runner, abort, results } = await startRow(directory, lifelines);
    abort.abort();
    expect(ends(await results)).toEqual(["stopped"]);
    await judge(directory, lifelines, runner);
  });

  it("after SIGKILL of the helper", async () => {
    const directory = freshDirectory();
    const lifelines = await freshLifelines(directory);
    const { runner, results } = await startRow(directory, lifelines);
    process.kill(runner.helperPid ?? 0, "SIGKILL");
    expect(ends(await results)).toEqual(["lost"]);
    await judge(directory, lifelines, runner);
  });

  it("after SIGKILL of the daemon", async () => {
    const directory = freshDirectory();
    const lifelines = await freshLifelines(directory);
    const daemon = await startDaemonRow(directory, lifelines);
    process.kill(daemon.pid, "SIGKILL");
    await judge(directory, lifelines, await startRunner(directory, { concurrency: 16 }));
  });

  it("after SIGKILL of daemon and helper", async () => {
    const directory = freshDirectory();
    const lifelines = await freshLifelines(directory);
    const daemon = await startDaemonRow(directory, lifelines);
    // Halted first, so that the helper cannot act on the daemon's end before its own.
    process.kill(Number(daemon.firstLine), "SIGSTOP");
    process.kill(daemon.pid, "SIGKILL");
    process.kill(Number(daemon.firstLine), "SIGKILL");
    await daemon.exited;
    expect(names.filter((name) => !lifelines.lives(name))).toEqual([]);
    await judge(directory, lifelines, await startRunner(directory, { concurrency: 16 }));
  });

  it("while the daemon is halted by SIGSTOP and another one waits, and after its SIGKILL", async () => {
    const directory = freshDirectory();
    const lifelines = await freshLifelines(directory);
    const daemon = await startDaemonRow(directory, lifelines);
    process.kill(daemon.pid, "SIGSTOP");
    const runner = await startRunner(directory, { concurrency: 16 });
    process.kill(daemon.pid, "SIGKILL");
    await judge(directory, lifelines, runner);
  });
});
