/** Reads `machinist.yaml`: from its text to settings in the words of the Config, or all that is wrong with it. */
import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { Static, TSchema } from "typebox";
import { renderFault } from "../definition/fault.ts";
import { parseDocument } from "../definition/parse.ts";
import { checkShape } from "../definition/schema.ts";
import type { NatsOptions } from "../kv/nats-options.ts";
import { parseDuration } from "../lib/duration.ts";
import { MachinistError, messageOf } from "../lib/errors.ts";
import { type ConfigFile, configSchema } from "./config-schema.ts";
import { tokenListSchema } from "./http-schema.ts";
import { absoluteStore, type HttpSettings, type Settings } from "./settings.ts";

/** @param file absolute. @throws INVALID_CONFIG with every fault of the file and its place */
export function readConfigFile(file: string): Settings {
  const base = dirname(file);
  const path = (text: string | undefined): string | undefined => text && resolve(base, text);
  const lines: ConfigFile = checked(file, configSchema, {});
  const { exec = {}, events = {} } = lines;
  return {
    file,
    dataDirectory: path(lines.data),
    storeUrl: lines.store && absoluteStore(lines.store, base),
    dropDirectories: listOf(lines.machines)?.map((directory) => resolve(base, directory)),
    factsFile: path(lines.facts),
    overridesFile: path(lines.overrides),
    metricsDirectory: path(lines.metrics?.textfile),
    logLevel: lines.log_level,
    logFormat: lines.log_format,
    colour: lines.color,
    outputFormat: lines.output ?? (lines.json ? "json" : undefined),
    concurrency: exec.concurrency,
    stopGraceMs: milliseconds(exec.stop_grace),
    commandEnvironment: exec.environment,
    drainTimeoutMs: milliseconds(lines.drain_timeout),
    eventSubject: events.subject === false ? "" : events.subject,
    eventFile: eventFileOf(events, base),
    logs: lines.logs && {
      maxRunSize: lines.logs.run_size,
      runs: lines.logs.runs,
      maxTotalSize: lines.logs.total_size,
    },
    signingKey: lines.signing_key,
    http: lines.http && httpOf(lines.http, (text) => resolve(base, text)),
    topics: topicsOf(lines.topics ?? {}, path),
    butler: butlerOf(lines.butler ?? {}),
    nats: lines.nats && natsOf(lines.nats, (text) => resolve(base, text)),
  };
}

function topicsOf(
  { directory, timeout, concurrency, attempts }: NonNullable<ConfigFile["topics"]>,
  path: (text: string | undefined) => string | undefined,
): Settings["topics"] {
  return { directory: path(directory), timeoutMs: milliseconds(timeout), concurrency, attempts };
}

function butlerOf(lines: NonNullable<ConfigFile["butler"]>): Settings["butler"] {
  const { enabled = true, memory = false, max_keys_per_namespace: most } = lines;
  return { enabled, memory, ...(most && { maxKeysPerNamespace: most }) };
}

/** Lines with their words changed; those that are left out stay out. */
function natsOf(lines: NonNullable<ConfigFile["nats"]>, path: (text: string) => string): NatsOptions {
  const { credentials, nkey, token, user, password, tls, domain, heartbeat } = lines;
  return {
    ...(credentials && { credentialsFile: path(credentials) }),
    ...(nkey && { nkeyFile: path(nkey) }),
    ...(token && { tokenFile: path(token) }),
    ...(user && { user }),
    ...(password && { passwordFile: path(password) }),
    ...(tls && { tls: tlsOf(tls, path) }),
    ...(domain && { domain }),
    ...(heartbeat && { heartbeatMs: parseDuration(heartbeat) }),
  };
}

function tlsOf(
  { ca, cert, key }: NonNullable<NonNullable<ConfigFile["nats"]>["tls"]>,
  path: (text: string) => string,
): NonNullable<NatsOptions["tls"]> {
  return {
    ...(ca && { caFile: path(ca) }),
    ...(cert && { certFile: path(cert) }),
    ...(key && { keyFile: path(key) }),
  };
}

function eventFileOf(
  { file, file_size, file_keep }: NonNullable<ConfigFile["events"]>,
  base: string,
): Settings["eventFile"] {
  if (file === undefined) return undefined;
  return { file: resolve(base, file), maxBytes: file_size ?? 10 * 1024 * 1024, keep: file_keep ?? 5 };
}

function httpOf(lines: NonNullable<ConfigFile["http"]>, path: (text: string) => string): HttpSettings {
  const { listen, open, tokens, tls, hosts, origins, rate } = lines;
  const ofFile = typeof tokens === "string";
  return {
    ...(listen && { listen }),
    ...(open !== undefined && { open }),
    ...(tokens && { tokens: ofFile ? checked(path(tokens), tokenListSchema, []) : tokens }),
    ...(tls && {
      tls: {
        cert: path(tls.cert),
        key: path(tls.key),
        ...(tls.client_ca && { clientCa: path(tls.client_ca) }),
      },
    }),
    ...(hosts && { hosts: hosts.map((host) => host.toLowerCase()) }),
    ...(origins && { origins }),
    ...(rate && { ratePerMinute: rate }),
  };
}

function checked<Schema extends TSchema>(
  file: string,
  schema: Schema,
  empty: Static<Schema>,
): Static<Schema> {
  const document = parseDocument(bytesOf(file), { file });
  const value = document.value ?? empty;
  const faults = [
    ...document.faults,
    ...checkShape(schema, value).map((problem) => document.faultAt(problem)),
  ];
  if (faults.length === 0) return value as Static<Schema>;
  const places = faults.map(({ line, column, path, message }) => ({ line, column, path, message }));
  throw new MachinistError("INVALID_CONFIG", faults.map((fault) => renderFault(fault)).join("\n"), {
    details: { file, faults: places },
  });
}

function bytesOf(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new MachinistError("INVALID_CONFIG", `config file ${file} cannot be read: ${messageOf(cause)}`, {
      cause,
    });
  }
}

function listOf(lines: string | readonly string[] | undefined): readonly string[] | undefined {
  return typeof lines === "string" ? [lines] : lines;
}

function milliseconds(text: string | undefined): number | undefined {
  return text === undefined ? undefined : parseDuration(text);
}
