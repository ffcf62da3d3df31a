import { spawn } from "node:child_process";
import { expect, it, onTestFinished } from "vitest";
import { runningProcesses } from "../../src/exec/process-table.ts";
import { RunProcesses, type Survivors } from "../../src/exec/run-processes.ts";
import { SimulatedClock } from "../simulated-clock.ts";

it.runIf(process.platform === "linux")(
  "reports once what lives a second after KILL, and goes on until nothing lives",
  async () => {
    const children = Array.from({ length: 20 }, () =>
      spawn("sleep", ["600"], { stdio: "ignore", detached: true }),
    );
    onTestFinished(() => children.forEach((child) => void child.kill("SIGKILL")));
    // To the search it looks as if one process outlived each KILL: when one is dead, the next belongs to the run.
    const isNext = (pid: number): boolean => {
      if (!children.some((child) => child.pid === pid)) return false;
      const running = new Set(runningProcesses().map((process) => process.pid));
      return children.find((child) => running.has(child.pid ?? 0))?.pid === pid;
    };
    const clock = new SimulatedClock();
    const reports: Survivors[] = [];
    const run = new RunProcesses(({ pid }) => isNext(pid));
    let hasEnded = false;
    const ended = run
      .killed(clock, (survivors) => reports.push(survivors))
      .then(() => {
        hasEnded = true;
      });
    while (!hasEnded) await clock.advance(50);
    await ended;
    expect(children.every(({ pid }) => !runningProcesses().some((process) => process.pid === pid))).toBe(
      true,
    );
    expect(reports).toHaveLength(1);
    expect(reports[0]).toEqual({ pids: [expect.any(Number)], problem: null });
    expect(clock.armed).toBe(0);
  },
);

it.runIf(process.platform === "linux")(
  "does not reach others through the session of the searcher",
  async () => {
    const [ours, other] = [spawn("sleep", ["600"]), spawn("sleep", ["600"])];
    onTestFinished(() => void other.kill("SIGKILL"));
    const run = new RunProcesses(({ pid }) => pid === ours.pid);
    expect(run.survivors().pids).toEqual([ours.pid]);
    const gone = new Promise<void>((resolve) => ours.once("exit", () => resolve()));
    run.kill();
    await gone;
    expect(run.survivors().pids).toEqual([]);
    expect(other.exitCode ?? other.signalCode).toBeNull();
  },
);
