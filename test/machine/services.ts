/** What a running machine needs, on a real embedded store in a directory of its own; commands are refused unless given. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createBus, type MachineEvent } from "../../src/events/bus.ts";
import type { CommandRunner } from "../../src/exec/command.ts";
import { openStore } from "../../src/kv/open.ts";
import type { Store } from "../../src/kv/store.ts";
import type { Clock } from "../../src/lib/clock.ts";
import { systemClock } from "../../src/lib/clock.ts";
import type { LogFields, Logger } from "../../src/lib/logger.ts";
import { storeGovernors } from "../../src/machine/governors.ts";
import { openRecords } from "../../src/machine/record.ts";
import { createRoster } from "../../src/machine/roster.ts";
import type { MachineServices } from "../../src/machine/services.ts";
import { registerWatcherTypes } from "../../src/watching/registry.ts";
import type { WatcherType } from "../../src/watching/watcher.ts";

export interface TestServices extends AsyncDisposable {
  readonly services: MachineServices;
  readonly store: Store;
  readonly directory: string;
  readonly events: MachineEvent[];
  /** Lines logged, as `level message`. */
  /** Resolves when `isSo`, asked again after each line of the log and each event. */
  until(isSo: () => boolean): Promise<void>;
  readonly lines: { readonly level: string; readonly message: string; readonly fields: LogFields }[];
}

const noCommands: CommandRunner = {
  baseEnvironment: { PATH: "/usr/bin:/bin" },
  run: async () => ({
    end: { how: "not-started", reason: "this test has no commands" },
    stdout: "",
    stdoutComplete: true,
    output: "",
    durationMs: 0,
  }),
};

export async function testServices(options: {
  readonly types?: readonly WatcherType[];
  readonly clock?: Clock;
  readonly random?: () => number;
}): Promise<TestServices> {
  const directory = await mkdtemp(join(tmpdir(), "machinist-machine-"));
  const store = await openStore(`lmdb:${join(directory, "store")}`);
  const lines: TestServices["lines"] = [];
  const waiting = new Set<() => void>();
  const wake = (): void => {
    for (const check of waiting) check();
  };
  const log = listLogger(lines, {}, wake);
  const bus = createBus(log);
  const { clock = systemClock } = options;
  const identity = "host.example";
  const events: MachineEvent[] = [];
  bus.subscribe((event) => {
    events.push(event);
    wake();
  });
  return {
    store,
    directory,
    events,
    lines,
    until(isSo) {
      return new Promise((resolve) => {
        const check = (): void => {
          if (!isSo()) return;
          waiting.delete(check);
          resolve();
        };
        waiting.add(check);
        check();
      });
    },
    services: {
      store,
      records: await openRecords(store, { clock, log, random: () => 0 }),
      roster: createRoster(),
      bus,
      types: registerWatcherTypes(options.types ?? []),
      commands: noCommands,
      clock,
      random: options.random ?? (() => 0),
      log,
      facts: () => ({}),
      governors: storeGovernors({ store, clock, bus, log, identity }),
      looks: {
        load: async () => undefined,
        of: () => new Map(),
        note: () => undefined,
      },
      concludeRun: () => undefined,
      gauges: { show: () => undefined },
      onLook: () => undefined,
      overrides: () => ({}),
      signingKey: undefined,
      identity,
      workDirectory: join(directory, "work"),
      initialData: {},
    },
    async [Symbol.asyncDispose]() {
      await store.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

export function listLogger(lines: TestServices["lines"], bound: LogFields, wake: () => void): Logger {
  const line =
    (level: string) =>
    (message: string, fields: LogFields = {}): void => {
      lines.push({ level, message, fields: { ...bound, ...fields } });
      // After what the line tells of has taken place.
      setImmediate(wake);
    };
  return {
    debug: line("debug"),
    info: line("info"),
    warn: line("warn"),
    error: line("error"),
    with: (fields) => listLogger(lines, { ...bound, ...fields }, wake),
  };
}
