/**
 * File + flags + environment → one frozen Config. Flag before environment before file before default. The only reader of
 * process.env; everything past it gets what it needs as an argument.
 */
import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname, join, resolve } from "node:path";
import type { EventFileOptions } from "../events/file.ts";
import { defaultLogLimits, type LogLimits } from "../exec/output/kept-runs.ts";
import type { ButlerSettings } from "../http/butler/butler.ts";
import type { HttpOptions } from "../http/http-options.ts";
import type { NatsOptions } from "../kv/nats-options.ts";
import { MachinistError } from "../lib/errors.ts";
import { deepFreeze } from "../lib/json.ts";
import { type LogLevel, logLevels } from "../lib/log-level.ts";
import { daemonAddressOf, withContext } from "./chosen-context.ts";
import { commandEnvironment } from "./command-environment.ts";
import type { DaemonAddress } from "./daemon-address.ts";
import { type DataDirectory, locateDataDirectory } from "./data-directory.ts";
import { httpOptionsOf } from "./http-settings.ts";
import { isForPrograms, type OutputFormat, outputFormats } from "./output-format.ts";
import { booleanVariable, oneOf, onlyDefined, origin, said } from "./said.ts";
import { absoluteStore, type Settings } from "./settings.ts";
import type { ConfigFlags, ConfigSources, Environment } from "./sources.ts";

/** Everything that can be set, complete and checked. All paths are absolute. Frozen. */
export interface Config {
  /** The config file that was read; undefined when there is none. */
  readonly file: string | undefined;
  readonly dataDirectory: string;
  /** The daemon's own store: records of machines and parsed documents. Always embedded. */
  readonly stateUrl: string;
  /** Holds the program `machinist` for commands of machines; first in their PATH. */
  readonly programDirectory: string;
  /** The unix socket on which the daemon of the data directory answers. */
  readonly socketPath: string;
  /** The daemon that commands talk to. */
  readonly daemon: DaemonAddress;
  /** How the daemon answers on TCP; undefined: not at all. */
  readonly http: HttpOptions | undefined;
  /** `lmdb:DIR` or the address of a server. */
  readonly storeUrl: string;
  /** Nobody named a store: it is the one of the data directory. */
  readonly isOwnStore: boolean;
  /** How to log in, when the store is on NATS. Files are absolute. */
  readonly nats: NatsOptions;
  readonly dropDirectories: readonly string[];
  /** Where facts may be: the first that exists counts, none is no fault. */
  readonly factsFiles: readonly string[];
  /** Where settings for single machines may be, in the same way. */
  readonly overridesFiles: readonly string[];
  readonly metrics: {
    /** Where the file for node_exporter is kept; undefined: nowhere. */
    readonly textFileDirectory: string | undefined;
  };
  readonly logLevel: LogLevel;
  readonly logFormat: "text" | "json";
  /** Per stream: true only on a terminal and when nobody said no. */
  readonly colour: { readonly stdout: boolean; readonly stderr: boolean };
  /** How results are printed. */
  readonly outputFormat: OutputFormat;
  /** Results are for programs. */
  readonly json: boolean;
  readonly exec: {
    /** Commands that run at once. */
    readonly concurrency: number;
    /** Time between TERM and KILL. */
    readonly stopGraceMs: number;
    /** What every command starts from; nothing else of the daemon's environment reaches it. */
    readonly environment: Readonly<Record<string, string>>;
  };
  /** How long a stopping daemon waits for running commands. */
  readonly drainTimeoutMs: number;
  /** First part of the subjects of events on NATS; "" = none there. */
  readonly eventSubject: string;
  /** Where events are written; undefined: nowhere. */
  readonly eventFile: EventFileOptions | undefined;
  readonly topics: {
    /** Where handlers may be: the first that exists counts, none is no fault. */
    readonly directories: readonly string[];
    /** Of one call of a handler. */
    readonly timeoutMs: number;
    /** Handlers that run at once. */
    readonly concurrency: number;
    /** Failed calls after which a message waits for a person. */
    readonly attempts: number;
  };
  /** How much of the output of commands is kept. */
  readonly logs: LogLimits;
  readonly butler: ButlerSettings;
  /** The public key, hex, that specifications must be signed by; undefined = each machine says. */
  readonly signingKey: string | undefined;
}

/** @throws INVALID_CONFIG naming the flag, variable or line that is wrong */
export async function loadConfig(sources: ConfigSources): Promise<Config> {
  // What reads YAML takes longer to load than all of a short command: it is left out where there is no file.
  const chosen = withContext(sources);
  const { readConfigFile } = configFileOf(chosen)
    ? await import("./config-file.ts")
    : { readConfigFile: nothing };
  return configOf(chosen, readConfigFile);
}

/** As `loadConfig`, for a caller that brings the file's reader. @throws as `loadConfig`, and what the reader throws */
export function configFrom(sources: ConfigSources, readConfigFile: (file: string) => Settings): Config {
  return configOf(withContext(sources), readConfigFile);
}

function configOf(sources: ConfigSources, readConfigFile: (file: string) => Settings): Config {
  const { environment, terminal = { stdout: false, stderr: false } } = sources;
  const set = settingsOfAll(sources, readConfigFile);
  const usual = dataDirectoryOf(sources);
  const { dataDirectory = usual.path, colour = true, nats = {}, outputFormat = "text" } = set;
  const programDirectory = join(dataDirectory, "bin");
  const socketPath = join(dataDirectory, "machinist.sock");
  const ownStore = `lmdb:${join(dataDirectory, "store")}`;
  const storeUrl = storeOf(sources, set) ?? ownStore;
  return deepFreeze({
    file: set.file,
    dataDirectory,
    stateUrl: `lmdb:${join(dataDirectory, "state")}`,
    programDirectory,
    socketPath,
    daemon: daemonAddressOf(sources) ?? { socketPath },
    http: httpOptionsOf(set.http, {
      listen: said(sources.flags.http, environment, "MACHINIST_HTTP"),
      place: origin(sources.flags.http, "http"),
      open: sources.flags.httpOpen,
    }),
    storeUrl,
    isOwnStore: storeUrl === ownStore,
    nats,
    dropDirectories: set.dropDirectories ?? [join(usual.base, "machines")],
    factsFiles: candidates(set.factsFile, join(dataDirectory, "facts")),
    overridesFiles: candidates(set.overridesFile, join(dataDirectory, "overrides")),
    metrics: { textFileDirectory: set.metricsDirectory },
    logLevel: set.logLevel ?? "info",
    logFormat: set.logFormat ?? (terminal.stderr ? "text" : "json"),
    colour: { stdout: colour && terminal.stdout, stderr: colour && terminal.stderr },
    outputFormat,
    json: isForPrograms(outputFormat),
    exec: execOf(set, environment, { programDirectory, dataDirectory, storeUrl }),
    drainTimeoutMs: set.drainTimeoutMs ?? 10_000,
    eventSubject: set.eventSubject ?? "machinist.machine",
    eventFile: set.eventFile,
    topics: topicsOf(set, usual.base),
    logs: logsOf(set),
    butler: set.butler ?? { enabled: true, memory: false },
    signingKey: set.signingKey,
  });
}

/** undefined: the store is in the data directory. */
function storeOf({ flags }: ConfigSources, { storeUrl }: Settings): string | undefined {
  return flags.isEphemeral && !flags.store ? undefined : storeUrl;
}

/** The file that was named, or where it is looked for. */
function candidates(named: string | undefined, base: string): readonly string[] {
  return named ? [named] : [`${base}.json`, `${base}.yaml`];
}

/** The environment of this process, for `main`: nobody else asks for it. */
export function processEnvironment(): Environment {
  return { ...process.env };
}

function settingsOfAll(sources: ConfigSources, readConfigFile: (file: string) => Settings): Settings {
  const file = configFileOf(sources);
  return { ...(file ? readConfigFile(file) : {}), ...onlyDefined(settingsOf(sources)) };
}

function nothing(): Settings {
  return {};
}

/** Absolute path of the config file, if there is one. @throws INVALID_CONFIG when one was named and is not there */
function configFileOf({ flags, environment, workingDirectory }: ConfigSources): string | undefined {
  const named = said(flags.config, environment, "MACHINIST_CONFIG");
  if (named !== undefined) {
    const path = resolve(workingDirectory, named);
    if (existsSync(path)) return path;
    const place = origin(flags.config, "config");
    throw new MachinistError("INVALID_CONFIG", `${place}: there is no config file ${path}`);
  }
  const beside = join(
    dirname(dataDirectoryOf({ flags, environment, workingDirectory }).path),
    "machinist.yaml",
  );
  return existsSync(beside) ? beside : undefined;
}

function dataDirectoryOf({ flags, environment, workingDirectory }: ConfigSources): DataDirectory {
  const named = said(flags.data, environment, "MACHINIST_DATA");
  return locateDataDirectory(named, workingDirectory, { searchParents: flags.createsDataDirectory !== true });
}

/** What flags and environment say. */
function settingsOf({ flags, environment, workingDirectory }: ConfigSources): Settings {
  const data = said(flags.data, environment, "MACHINIST_DATA");
  const store = said(flags.store, environment, "MACHINIST_STORE");
  const level = said(flags.logLevel, environment, "MACHINIST_LOG_LEVEL");
  const format = said(flags.logFormat, environment, "MACHINIST_LOG_FORMAT");
  const noColour = flags.color === false || Boolean(environment["NO_COLOR"]);
  return {
    dataDirectory: data && resolve(workingDirectory, data),
    storeUrl: store && absoluteStore(store, workingDirectory),
    factsFile: flags.facts && resolve(workingDirectory, flags.facts),
    dropDirectories: flags.dropDirectories?.length
      ? flags.dropDirectories.map((directory) => resolve(workingDirectory, directory))
      : undefined,
    logLevel: oneOf(level, logLevels, origin(flags.logLevel, "log-level")),
    logFormat: oneOf(format, ["text", "json"], origin(flags.logFormat, "log-format")),
    colour: noColour ? false : undefined,
    outputFormat: outputFormatOf(flags, environment),
  };
}

/** `--json` is `-o json`, on the command line and in the environment. */
function outputFormatOf(flags: ConfigFlags, environment: Environment): OutputFormat | undefined {
  if (flags.json) return "json";
  const format = said(flags.outputFormat, environment, "MACHINIST_OUTPUT");
  if (format !== undefined) return oneOf(format, outputFormats, origin(flags.outputFormat, "output"));
  const json = booleanVariable(environment, "MACHINIST_JSON");
  return json === undefined ? undefined : json ? "json" : "text";
}

function execOf(
  set: Settings,
  environment: Environment,
  places: Pick<Config, "programDirectory" | "dataDirectory" | "storeUrl">,
): Config["exec"] {
  const { programDirectory, dataDirectory, storeUrl } = places;
  return {
    concurrency: set.concurrency ?? availableParallelism(),
    stopGraceMs: set.stopGraceMs ?? 5_000,
    environment: commandEnvironment({
      inherited: environment,
      configured: set.commandEnvironment,
      programDirectory,
      own: { MACHINIST_DATA: dataDirectory, MACHINIST_STORE: storeUrl, MACHINIST_CONFIG: set.file },
    }),
  };
}

function topicsOf({ topics }: Settings, base: string): Config["topics"] {
  const usual = ["topics", "less/topics"].map((directory) => join(base, directory));
  return {
    directories: topics?.directory ? [topics.directory] : usual,
    timeoutMs: topics?.timeoutMs ?? 300_000,
    concurrency: topics?.concurrency ?? 4,
    attempts: topics?.attempts ?? 20,
  };
}

function logsOf({ logs = {} }: Settings): LogLimits {
  const { maxRunSize, runs, maxTotalSize } = defaultLogLimits;
  return {
    maxRunSize: logs.maxRunSize ?? maxRunSize,
    runs: logs.runs ?? runs,
    maxTotalSize: logs.maxTotalSize ?? maxTotalSize,
  };
}
