/** The Config in the words of the config file. Secrets are left out: of tokens the hashes, of variables the values, of addresses the password. */

import type { Config } from "../../config/config.ts";
import { shownStore } from "../../config/settings.ts";
import { formatDuration } from "../../lib/duration.ts";

export function settingsInEffect(config: Config): Readonly<Record<string, unknown>> {
  const { exec, topics, eventFile, butler } = config;
  return withoutUndefined({
    data: config.dataDirectory,
    store: shownStore(config.storeUrl),
    machines: config.dropDirectories,
    facts: config.factsFiles,
    overrides: config.overridesFiles,
    output: config.outputFormat,
    color: config.colour.stdout,
    log_level: config.logLevel,
    log_format: config.logFormat,
    drain_timeout: formatDuration(config.drainTimeoutMs),
    events: withoutUndefined({
      subject: config.eventSubject === "" ? false : config.eventSubject,
      file: eventFile?.file,
      file_size: eventFile?.maxBytes,
      file_keep: eventFile?.keep,
    }),
    signing_key: config.signingKey,
    nats: Object.keys(config.nats).length > 0 ? config.nats : undefined,
    http: config.http && httpOf(config.http),
    topics: {
      directory: topics.directories,
      timeout: formatDuration(topics.timeoutMs),
      concurrency: topics.concurrency,
      attempts: topics.attempts,
    },
    butler,
    metrics: withoutUndefined({ textfile: config.metrics.textFileDirectory }),
    exec: {
      concurrency: exec.concurrency,
      stop_grace: formatDuration(exec.stopGraceMs),
      environment: Object.keys(exec.environment),
    },
  });
}

function httpOf({
  host,
  port,
  open,
  tokens,
  tls,
  hosts,
  origins,
  ratePerMinute,
}: NonNullable<Config["http"]>) {
  return withoutUndefined({
    listen: host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`,
    open,
    tokens: tokens.map(({ name, scopes }) => ({ name, scopes })),
    tls,
    hosts,
    origins,
    rate: ratePerMinute,
  });
}

function withoutUndefined(settings: object): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
}
