/** A daemon on a drop directory with machines as Choria has them: each in its own directory, copied unchanged. */
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { loadConfig } from "../../src/config/config.ts";
import { type Daemon, startDaemon } from "../../src/daemon.ts";
import type { MachineEvent } from "../../src/events/bus.ts";
import { systemClock } from "../../src/lib/clock.ts";
import type { Json, JsonObject } from "../../src/lib/json.ts";
import { silentLogger } from "../../src/lib/logger.ts";
import type { Machine } from "../../src/machine/machine.ts";
import { SimulatedClock } from "../simulated-clock.ts";

export const machinesOfChoria = join(import.meta.dirname, "machines");

export interface RunOptions {
  /** Default: one that runs as time does. */
  readonly clock?: SimulatedClock;
  readonly facts?: JsonObject;
  readonly overrides?: JsonObject;
  /** Buckets that are there from the beginning. */
  readonly buckets?: readonly string[];
}

export interface Running {
  readonly daemon: Daemon;
  /** The drop directory. */
  readonly drop: string;
  readonly events: readonly MachineEvent[];
  machine(name: string): Machine;
  put(bucket: string, key: string, value: Json): Promise<void>;
  /** Resolves when it is so. */
  until(isSo: () => boolean): Promise<void>;
  /** Resolves when the machine is in the state. */
  reaches(machine: string, state: string): Promise<void>;
  /** Fires a transition by hand. The rate limit takes its time on the simulated clock. */
  fire(machine: string, transition: string): Promise<void>;
  /** Moves the simulated clock on, from timer to timer, and lets looks end in between: their time is real. */
  elapse(durationMs: number): Promise<void>;
  /** As `elapse`, until it is so. */
  elapseUntil(isSo: () => boolean): Promise<void>;
}

/** @param names directories in `machines/` */
export async function runMachines(names: readonly string[], options: RunOptions = {}): Promise<Running> {
  const directory = await mkdtemp(join(tmpdir(), "machinist-choria-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const drop = join(directory, "machines");
  const data = join(directory, "data");
  await mkdir(data, { recursive: true });
  for (const name of names) await cp(join(machinesOfChoria, name), join(drop, name), { recursive: true });
  for (const [file, content] of Object.entries({ facts: options.facts, overrides: options.overrides }))
    if (content) await writeFile(join(data, `${file}.json`), JSON.stringify(content));
  const clock = options.clock ?? new SimulatedClock();
  const config = await loadConfig({
    flags: { data, dropDirectories: [drop] },
    environment: { PATH: "/usr/local/bin:/usr/bin:/bin" },
    workingDirectory: directory,
  });
  const daemon = await startDaemon(config, {
    log: silentLogger,
    clock: options.clock ?? systemClock,
    random: () => 0,
  });
  onTestFinished(() => daemon.stop());
  const events: MachineEvent[] = [];
  daemon.bus.subscribe((event) => void events.push(event));
  for (const bucket of options.buckets ?? []) await daemon.store.createBucket(bucket, { history: 5 });
  const machine = (name: string): Machine => daemon.supervisor.machine(name);
  let isOver = false;
  onTestFinished(() => {
    isOver = true;
  });
  // Real files, commands and commits are under way meanwhile: they may go on, and it is asked after each turn.
  const until = async (isSo: () => boolean): Promise<void> => {
    while (!isOver && !isSo()) await new Promise<void>((resolve) => setImmediate(resolve));
  };
  const isQuiet = (): boolean =>
    daemon.supervisor.slots.every(
      ({ machine: one }) => one?.watchers.every(({ looking }) => !looking) ?? true,
    );
  /** A commit may wait for the rate limit, whose time is the clock's; a command's timeout must not pass in no time. */
  const waitOut = async (isDone: () => boolean): Promise<void> => {
    while (!isOver && !isDone()) {
      const nextInMs = clock.nextAwaitedInMs ?? Infinity;
      if (nextInMs < 1000) await clock.advance(nextInMs);
      else await new Promise<void>((resolve) => setImmediate(resolve));
    }
  };
  const quiet = (): Promise<void> => waitOut(isQuiet);
  const elapse = async (durationMs: number): Promise<void> => {
    const end = clock.now() + durationMs;
    while (!isOver && clock.now() < end) {
      await quiet();
      await clock.advance(Math.min(clock.nextInMs ?? durationMs, end - clock.now()));
    }
    await quiet();
  };
  const elapseUntil = async (isSo: () => boolean): Promise<void> => {
    while (!isOver && !isSo()) {
      await quiet();
      if (!isSo()) await clock.advance(Math.max(clock.nextInMs ?? 0, 1));
    }
    await quiet();
  };
  const awaitIt = options.clock ? elapseUntil : until;
  return {
    daemon,
    drop,
    events,
    machine,
    until,
    elapse,
    elapseUntil,
    async put(bucket, key, value) {
      const text = typeof value === "string" ? value : JSON.stringify(value);
      await (await daemon.store.openBucket(bucket)).put(key, text);
    },
    async fire(name, transition) {
      let isDone = false;
      const fired = machine(name)
        .request(transition, "person")
        .finally(() => {
          isDone = true;
        });
      await waitOut(() => isDone);
      await fired;
    },
    reaches: (name, state) => awaitIt(() => machine(name).state === state),
  };
}
