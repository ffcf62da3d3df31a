/** The limit on open files is reached while processes of a run are searched for: they may run, so nothing takes them for ended. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { disownedPlaces, killOrphans } from "../../src/exec/orphans.ts";
import { environmentOf, openFileOf, ownSession, runningProcesses } from "../../src/exec/process-table.ts";
import { RunDirectories } from "../../src/exec/run-directories.ts";
import { RunProcesses, type Survivors } from "../../src/exec/run-processes.ts";
import { SimulatedClock } from "../simulated-clock.ts";
import { freshDirectory, freshLifelines, request, run, startRunner } from "./runner-harness.ts";

/** Opens files until the system allows no more. @returns what closes them */
function useAllOpenFiles(): () => void {
  const before = softLimit(process.pid);
  setSoftLimit(process.pid, "512");
  const opened: number[] = [];
  try {
    for (;;) opened.push(openSync("/dev/null", "r"));
  } catch (error) {
    expect(error).toMatchObject({ code: "EMFILE" });
  }
  return () => {
    for (const descriptor of opened) closeSync(descriptor);
    setSoftLimit(process.pid, before);
  };
}

function atTheLimit<T>(act: () => T): T {
  const release = useAllOpenFiles();
  try {
    return act();
  } finally {
    release();
  }
}

function softLimit(pid: number): string {
  const words = ["--pid", String(pid), "--nofile", "--output", "SOFT", "--noheadings"];
  return spawnSync("prlimit", words, { encoding: "utf8" }).stdout.trim();
}

function setSoftLimit(pid: number, files: string): void {
  expect(spawnSync("prlimit", ["--pid", String(pid), `--nofile=${files}:`]).status).toBe(0);
}

function sleeper(): ChildProcess {
  const child = spawn("sleep", ["600"], { stdio: "ignore", detached: true });
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}

describe.runIf(process.platform === "linux")("at the limit on open files", () => {
  it.each<[string, (pid: number) => unknown]>([
    ["the list of processes", () => runningProcesses()],
    ["the own session", () => ownSession()],
    ["the environment of a process", (pid) => environmentOf(pid)],
    ["the places of disowned runs", () => disownedPlaces("0")],
  ])("%s is an error, not empty", (_what, read) => {
    const { pid = 0 } = sleeper();
    expect(atTheLimit(() => thrownBy(() => read(pid)))).toMatchObject({ code: "EMFILE" });
  });

  it("a process that is gone or belongs to somebody else has no environment and no open files", async () => {
    const child = sleeper();
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await gone;
    expect([environmentOf(child.pid ?? 0), openFileOf(child.pid ?? 0, 19)]).toEqual([[], undefined]);
  });

  it("a run whose processes cannot be searched for is not gone", () => {
    const { pid } = sleeper();
    const processes = new RunProcesses((process) => process.pid === pid);
    expect(atTheLimit(() => [processes.isGone(), processes.survivors()])).toEqual([
      false,
      { pids: [], problem: expect.stringContaining("EMFILE") },
    ]);
    expect(processes.survivors()).toEqual({ pids: [pid], problem: null });
  });

  it("orphans are searched for until the search succeeds, and reported once", async () => {
    const clock = new SimulatedClock();
    const child = spawn("sleep", ["600"], { env: { MACHINIST_COMMAND: "0/helper/1" }, detached: true });
    onTestFinished(() => void child.kill("SIGKILL"));
    const gone = new Promise((resolve) => child.once("exit", (_code, signal) => resolve(signal)));
    const reports: Survivors[] = [];
    const release = useAllOpenFiles();
    const killed = killOrphans({
      directoryMark: "0",
      places: new Set(["helper/1"]),
      clock,
      onSurvivors: (survivors) => reports.push(survivors),
    });
    try {
      await clock.advance(2_000);
    } finally {
      release();
    }
    expect(reports).toEqual([{ pids: [], problem: expect.stringContaining("EMFILE") }]);
    expect(child.signalCode).toBeNull();
    await clock.advance(1_000);
    expect(await gone).toBe("SIGKILL");
    await clock.advance(1_000);
    await killed;
  });

  it("directories of commands that have not ended are neither forgotten nor removed", () => {
    const directory = freshDirectory();
    const left = join(directory, "commands", "helper", "1");
    mkdirSync(left, { recursive: true });
    const directories = new RunDirectories(directory, "next");
    const thrown = atTheLimit(() => [
      thrownBy(() => directories.leftBehind()),
      thrownBy(() => directories.removeLeftovers(new Set())),
    ]);
    expect(thrown).toMatchObject([{ code: "EMFILE" }, { code: "EMFILE" }]);
    expect(existsSync(left)).toBe(true);
    expect(directories.leftBehind()).toEqual(["helper/1"]);
  });

  it("a file where a helper's directory is expected holds no commands", () => {
    const directory = freshDirectory();
    mkdirSync(join(directory, "commands"));
    writeFileSync(join(directory, "commands", "note"), "");
    expect(new RunDirectories(directory, "next").leftBehind()).toEqual([]);
  });

  it("the files of a command that has ended are removed", () => {
    const directories = new RunDirectories(freshDirectory(), "helper");
    directories.open();
    const { WATCHER_DATA = "" } = directories.create(1, { WATCHER_DATA: "{}" });
    expect(readFileSync(WATCHER_DATA, "utf8")).toBe("{}");
    atTheLimit(() => directories.remove(1, { WATCHER_DATA: "{}" }));
    expect(existsSync(directories.placeOf(1).path)).toBe(false);
  });

  it("a helper that stops a command goes on, and the command ends when all its processes are gone", async () => {
    const directory = freshDirectory();
    const lifelines = await freshLifelines(directory);
    const runner = await startRunner(directory);
    const { helperPid: first = 0 } = runner;
    const abort = new AbortController();
    const stopped = runner.run(request(lifelines.argv("a", "parent", "leaving")), abort.signal);
    const [parent, child] = await Promise.all([lifelines.begun("a"), lifelines.begun("a.child")]);
    setSoftLimit(first, "1");
    abort.abort();
    await parent.gone;
    expect(lifelines.lives("a.child")).toBe(true);
    setSoftLimit(first, "1024");
    expect((await stopped).end).toEqual({ how: "stopped" });
    await child.gone;
    expect((await run(runner, request(["true"]))).end).toEqual({ how: "exited", code: 0 });
    expect(runner.helperPid).toBe(first);
  });
});

function thrownBy(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  return undefined;
}
