/**
 * Commands that leave their process group, session, parent or environment, times every way to end them, with cgroups and without:
 * nothing of a run may live when its next copy starts, and nothing may be left at the end. All commands of one row run side by
 * side. Where the host lets this process make no cgroups, only the search can be shown, and that it is what is used.
 */
import { existsSync } from "node:fs";
import { beforeEach, describe, expect, it } from "vitest";
import type { CommandRequest, CommandResult } from "../../src/exec/command.ts";
import type { HelperRunner } from "../../src/exec/helper-runner.ts";
import { cgroupsOf, environmentOf, openFileOf, runningProcesses } from "../../src/exec/process-table.ts";
import { markDescriptor } from "../../src/exec/run-marks.ts";
import { directoryMark } from "../../src/lib/process-lock.ts";
import { startBuilt } from "./built-program.ts";
import { baseCgroup, runCgroups, trackBy, trackings } from "./cgroups.ts";
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
/** Drops its session, parent, environment and all inherited files: only a cgroup still leads to it. */
const completeEscape = '(env -i setsid "$@" <&- >&- 2>&- &); exec sleep 600';
const searchable = Object.keys(escapes) as (keyof typeof escapes)[];
/** Of the test that runs. */
let names: string[] = searchable;

function escaping(lifelines: Lifelines, changes: Partial<CommandRequest> = {}): CommandRequest[] {
  const requests = searchable.map((name) => inShell(escapes[name], lifelines.argv(name, "deaf"), changes));
  if (!names.includes("complete")) return requests;
  return [...requests, escapingCompletely(lifelines, changes)];
}

function escapingCompletely(lifelines: Lifelines, changes: Partial<CommandRequest> = {}): CommandRequest {
  return inShell(completeEscape, lifelines.argv("complete", "deaf", "unmarked"), changes);
}

function inShell(script: string, argv: readonly string[], changes: Partial<CommandRequest>): CommandRequest {
  return request(["/bin/sh", "-c", script, "sh", ...argv], changes);
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
  const left = runningProcesses().filter(({ pid }) => isMarked(pid, directory) && pid !== server.pid);
  expect(left).toEqual([]);
  const mark = directoryMark(directory);
  expect(runCgroups(mark)).toEqual([]);
  await runner.stop({ drainMs: 0 });
  expect(runDirectories(directory)).toEqual([]);
  expect(existsSync(baseCgroup(mark))).toBe(false);
}

/** Whether a process has anything from a run of the data directory. */
function isMarked(pid: number, directory: string): boolean {
  const mark = directoryMark(directory);
  return (
    cgroupsOf(pid).includes(`${mark}/`) ||
    environmentOf(pid).some((entry) => entry.startsWith("MACHINIST_COMMAND=") && entry.includes(mark)) ||
    openFileOf(pid, markDescriptor)?.startsWith(directory) === true
  );
}

async function startRow(directory: string, lifelines: Lifelines, changes: Partial<CommandRequest> = {}) {
  const runner = await startRunner(directory, { concurrency: 16 });
  expect(runner.tracking).toBe(names.includes("complete") ? "cgroup" : "search");
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

const title = "a command that escapes has no second copy beside it (tracked by %s)";
describe.runIf(process.platform === "linux").each(trackings)(title, (tracking) => {
  beforeEach(() => {
    trackBy(tracking);
    names = tracking === "cgroup" ? [...searchable, "complete"] : searchable;
  });

  it("after the timeout of its watcher", async () => {
    const directory = freshDirectory();
    const lifelines = await freshLifelines(directory);
    const { runner, results } = await startRow(directory, lifelines, { timeoutMs: 6_000 });
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

describe.runIf(process.platform === "linux")("without a cgroup", () => {
  it("a process that drops its session, parent, environment and files outlives a stop, as the README says", async () => {
    trackBy("search");
    const directory = freshDirectory();
    const lifelines = await freshLifelines(directory);
    const runner = await startRunner(directory);
    expect(runner.tracking).toBe("search");
    const abort = new AbortController();
    const result = runner.run(escapingCompletely(lifelines), abort.signal);
    const { pid } = await lifelines.begun("complete");
    abort.abort();
    expect((await result).end).toEqual({ how: "stopped" });
    expect(runningProcesses().map((process) => process.pid)).toContain(pid);
  });
});
