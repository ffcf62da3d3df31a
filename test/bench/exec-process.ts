/**
 * A daemon for the bench of commands: holds so many MiB of anonymous memory (its first argument), and starts commands as it is told,
 * in its own process or through the helper. Answers each task with one number.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { execa } from "execa";
import { startCommandRunner } from "../../src/exec/helper-runner.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { silentLogger } from "../../src/lib/logger.ts";

export interface ExecTask {
  readonly by: "spawn" | "execa" | "helper";
  readonly argv: readonly string[];
  readonly count: number;
  /** How many in flight. */
  readonly width: number;
  /** Ms that all took together, or the 99th percentile of the loop's delay in ms meanwhile. */
  readonly answer: "took" | "delay";
}

const environment = { PATH: "/usr/bin:/bin" };
const directory = mkdtempSync(join(tmpdir(), "machinist-bench-"));
const runner = await startCommandRunner({
  directory,
  baseEnvironment: environment,
  clock: systemClock,
  log: silentLogger,
});
const ballast = Buffer.alloc(Number(process.argv[2]) * 1024 * 1024, 1);

process.on("message", (task: ExecTask) => void measure(task));
process.on("disconnect", () => void end());
process.send?.(ballast.length);

async function measure(task: ExecTask): Promise<void> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const start = performance.now();
  delay.enable();
  let next = 0;
  const oneAfterAnother = async (): Promise<void> => {
    while (next++ < task.count) await startOne(task);
  };
  await Promise.all(Array.from({ length: task.width }, oneAfterAnother));
  delay.disable();
  // Its timer of 1 ms counts as delay, too.
  process.send?.(task.answer === "took" ? performance.now() - start : delay.percentile(99) / 1e6 - 1);
}

async function startOne({ by, argv }: ExecTask): Promise<void> {
  if (by === "spawn") return await bySpawn(argv);
  if (by === "execa") return await byExeca(argv);
  const request = {
    argv,
    directory: "/",
    environment: {},
    files: {},
    timeoutMs: 10_000,
    disown: false,
    runId: "bench",
    log: { owner: "bench", part: "true" },
    readsStdout: false,
  };
  const { end } = await runner.run(request, new AbortController().signal);
  if (end.how !== "exited") throw new Error(`a command of the bench ended otherwise: ${end.how}`);
}

/** The same as the helper does, and as little. */
function bySpawn([program = "", ...args]: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: "/",
      env: environment,
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
    child.stdout.resume();
    child.stderr.resume();
    child.once("error", reject);
    child.once("close", () => resolve());
  });
}

async function byExeca([program = "", ...args]: readonly string[]): Promise<void> {
  const child = execa(program, args, {
    cwd: "/",
    env: environment,
    extendEnv: false,
    detached: true,
    stdin: "ignore",
    buffer: false,
    reject: false,
    cleanup: false,
  });
  child.stdout.resume();
  child.stderr.resume();
  await child;
}

async function end(): Promise<void> {
  await runner.stop({ drainMs: 0 });
  // A use at the end, without which it would be collected at the beginning.
  ballast.fill(0);
  rmSync(directory, { recursive: true, force: true });
}
