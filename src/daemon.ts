/** The composition root: opens everything in order, and releases it in reverse order. */
import { mkdir } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { builtInWatcherTypes } from "../watchers/index.ts";
import type { Config } from "./config/config.ts";
import { startConfiguredTopics } from "./daemon-topics.ts";
import { type Bus, createBus } from "./events/bus.ts";
import { writeEvents } from "./events/file.ts";
import { publishEvents } from "./events/publish.ts";
import { RecentEvents } from "./events/recent.ts";
import { startCommandRunner } from "./exec/helper-runner.ts";
import { measuredCommands } from "./exec/measured.ts";
import { concludeRun } from "./exec/output/meta.ts";
import { installOwnProgram } from "./exec/own-program.ts";
import { type MeterOptions, measuredStore } from "./kv/measured.ts";
import { openStore } from "./kv/open.ts";
import type { Store } from "./kv/store.ts";
import { usersStore } from "./kv/users-store.ts";
import { type Clock, systemClock } from "./lib/clock.ts";
import { MachinistError, messageOf } from "./lib/errors.ts";
import type { JsonObject } from "./lib/json.ts";
import type { Logger } from "./lib/logger.ts";
import { acquireProcessLock } from "./lib/process-lock.ts";
import { storeGovernors } from "./machine/governors.ts";
import { StoredLooks } from "./machine/look-memory.ts";
import { openRecords } from "./machine/record.ts";
import { createRoster } from "./machine/roster.ts";
import { Activity } from "./metrics/activity.ts";
import { createMetrics } from "./metrics/registry.ts";
import { keepTextFile } from "./metrics/text-file.ts";
import { openStateStore } from "./state-store.ts";
import { createFacts, createOverrides, followFacts } from "./supervisor/facts.ts";
import { KnownDocuments } from "./supervisor/known-documents.ts";
import { Supervisor } from "./supervisor/supervisor.ts";
import { openSurfaces } from "./surfaces.ts";
import { registerWatcherTypes } from "./watching/registry.ts";
import type { WatcherType } from "./watching/watcher.ts";

export interface DaemonOptions {
  readonly log: Logger;
  /** Watcher types besides the built-in ones. */
  readonly watcherTypes?: readonly WatcherType[];
  readonly clock?: Clock;
  /** In [0, 1). */
  readonly random?: () => number;
  /** Data that new machines begin with, by machine name. Default: none. */
  readonly initialData?: Readonly<Record<string, JsonObject>>;
}

export interface Daemon {
  readonly supervisor: Supervisor;
  /** The store that watchers look at, machinist's own buckets included. */
  readonly store: Store;
  readonly bus: Bus;
  /** Where it answers on TCP; undefined when it does not. */
  readonly url: string | undefined;
  /** The same with the token that was made for this start; undefined when none was. For a person's eyes, never for a log. */
  readonly signInUrl: string | undefined;
  /** Drains the machines and releases everything. Idempotent. */
  stop(): Promise<void>;
}

/**
 * Runs all machines of the drop directories; resolves when those that were there run.
 * @throws ALREADY_RUNNING when another daemon holds the data directory, INVALID_CONFIG, store errors
 */
export async function startDaemon(config: Config, options: DaemonOptions): Promise<Daemon> {
  const releases: Release[] = [];
  try {
    return await open(config, options, releases);
  } catch (cause) {
    await releaseAll(releases, options.log);
    throw cause;
  }
}

interface Release {
  readonly what: string;
  release(): Promise<void>;
}

async function open(config: Config, options: DaemonOptions, releases: Release[]): Promise<Daemon> {
  const { log, clock = systemClock, random = Math.random } = options;
  const { dataDirectory } = config;
  await mkdir(dataDirectory, { recursive: true, mode: 0o700 });
  const lock = await lockDataDirectory(dataDirectory);
  releases.push({ what: "lock", release: () => lock.release() });

  await installOwnProgram(config.programDirectory);
  // First of all that takes memory: starting a command from a large process is slow.
  const commands = await startCommandRunner({
    directory: dataDirectory,
    baseEnvironment: config.exec.environment,
    concurrency: config.exec.concurrency,
    stopGraceMs: config.exec.stopGraceMs,
    logs: config.logs,
    clock,
    log,
  });
  releases.push({ what: "commands", release: () => commands.stop({ drainMs: 0 }) });

  const bus = createBus(log);
  const activity = new Activity(bus);
  releases.push({ what: "activity", release: async () => activity.close() });
  const meter: MeterOptions = { clock, onOperation: (done) => activity.storeAnswered(done) };

  const recordStore = measuredStore(await openStateStore(config, { clock, log }), meter);
  releases.push({ what: "store", release: () => recordStore.close() });
  const { storeUrl, nats } = config;
  const store = measuredStore(await openStore(storeUrl, { clock, log, nats, waitForServer: true }), meter);
  releases.push({ what: "store", release: () => store.close() });

  const metrics = createMetrics();
  const { textFileDirectory } = config.metrics;
  if (textFileDirectory !== undefined) {
    const file = keepTextFile(textFileDirectory, metrics, { clock, log });
    releases.push({ what: "metrics file", release: () => file.stop() });
  }

  const recent = new RecentEvents(bus, clock.now());
  releases.push({ what: "recent events", release: async () => recent.close() });
  if (config.eventFile) {
    const written = writeEvents(bus, config.eventFile, log);
    releases.push({ what: "event file", release: () => written.close() });
  }
  const identity = hostname();
  if (store.messages) {
    const undo = publishEvents(bus, store.messages, { prefix: config.eventSubject });
    releases.push({ what: "events", release: async () => undo() });
  }
  const records = await openRecords(recordStore, { clock, log, random });
  const looks = new StoredLooks(recordStore, { clock, log });
  releases.push({ what: "last looks", release: () => looks.flush() });
  const types = registerWatcherTypes([...builtInWatcherTypes, ...(options.watcherTypes ?? [])]);
  const facts = createFacts(config.factsFiles);
  const supervisor = new Supervisor(
    {
      store: usersStore(store),
      records,
      roster: createRoster(),
      bus,
      types,
      commands: measuredCommands(commands, (result) => activity.commandEnded(result)),
      looks,
      concludeRun: (place, run, conclusion) => concludeRun(dataDirectory, place, run, conclusion),
      onLook: (look) => activity.looked(look),
      clock,
      random,
      log,
      facts,
      governors: storeGovernors({ store, clock, bus, log, identity }),
      gauges: metrics,
      overrides: createOverrides(config.overridesFiles),
      signingKey: config.signingKey,
      identity,
      workDirectory: join(dataDirectory, "work"),
      initialData: options.initialData ?? {},
    },
    {
      documents: await KnownDocuments.open(recordStore, log),
      dropDirectories: config.dropDirectories,
      drainMs: config.drainTimeoutMs,
      onGone: (machine) => void activity.forget(machine),
    },
  );
  releases.push({ what: "machines", release: () => supervisor.stop() });
  await supervisor.start();
  warnOfStrangers(options.initialData ?? {}, supervisor, log);
  const ignoreFacts = await followFacts(config.factsFiles, log, () => supervisor.factsChanged());
  releases.push({ what: "facts", release: ignoreFacts });

  const topics = await startConfiguredTopics(config, { store, commands, clock, log });
  if (topics) releases.push({ what: "topics", release: () => topics.stop() });
  const server = await openSurfaces({
    ...{ config, log, clock, identity, supervisor, commands, store, records, topics },
    ...{ recent, facts, metrics, activity, types },
  });
  releases.push({ what: "control socket", release: () => server.close() });

  let stopping: Promise<void> | undefined;
  return {
    supervisor,
    store,
    bus,
    url: server.url,
    signInUrl: server.signInUrl,
    stop: () => (stopping ??= releaseAll(releases, log)),
  };
}

function warnOfStrangers(initialData: object, { slots }: Supervisor, log: Logger): void {
  for (const machine of Object.keys(initialData))
    if (!slots.some(({ name }) => name === machine))
      log.warn("there is data for a machine that does not exist", { machine });
}

async function lockDataDirectory(directory: string): ReturnType<typeof acquireProcessLock> {
  try {
    return await acquireProcessLock({ directory, name: "daemon" });
  } catch (cause) {
    if (!(cause instanceof MachinistError && cause.code === "ALREADY_RUNNING")) throw cause;
    const { pid } = cause.details;
    const who = typeof pid === "number" ? `the daemon with pid ${pid}` : "another daemon";
    const remedy = "stop that one, or give this one a data directory of its own with --data";
    throw new MachinistError("ALREADY_RUNNING", `${who} runs on ${directory} already; ${remedy}`, {
      cause,
      details: { ...cause.details, directory },
    });
  }
}

/** Last opened, first released; one failure does not keep the others from being released. */
async function releaseAll(releases: Release[], log: Logger): Promise<void> {
  for (const { what, release } of releases.splice(0).reverse()) {
    try {
      await release();
    } catch (cause) {
      log.error("could not be released", { what, reason: messageOf(cause) });
    }
  }
}
