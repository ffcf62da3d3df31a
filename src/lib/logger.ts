/**
 * The structured log: text on a terminal, JSON lines otherwise. Callers give names, places and codes; never the value of a
 * key, never a whole record.
 */
import { pino } from "pino";
import { build as pretty } from "pino-pretty";
import type { LogLevel } from "./log-level.ts";

export type LogFields = Readonly<Record<string, unknown>>;

export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A logger that adds `fields` to every line. */
  with(fields: LogFields): Logger;
}

export interface LoggerOptions {
  readonly level: LogLevel;
  readonly format: "text" | "json";
  readonly colour: boolean;
  /** Receives whole lines. */
  readonly destination: NodeJS.WritableStream;
}

export function createLogger(options: LoggerOptions): Logger {
  const destination =
    options.format === "json"
      ? options.destination
      : pretty({
          destination: options.destination,
          sync: true,
          colorize: options.colour,
          ignore: "pid,hostname",
          translateTime: "SYS:HH:MM:ss.l",
          singleLine: true,
        });
  const base = { level: options.level, base: null, timestamp: pino.stdTimeFunctions.isoTime };
  return new FieldLogger(
    pino({ ...base, formatters: { level: (label) => ({ level: label }) } }, destination),
    {},
  );
}

/** Keeps its fields until it logs: a daemon has thousands of these, and most never say anything. */
class FieldLogger implements Logger {
  readonly #log: pino.Logger;
  readonly #fields: LogFields;

  constructor(log: pino.Logger, fields: LogFields) {
    this.#log = log;
    this.#fields = fields;
  }

  debug(message: string, fields?: LogFields): void {
    this.#log.debug({ ...this.#fields, ...fields }, message);
  }
  info(message: string, fields?: LogFields): void {
    this.#log.info({ ...this.#fields, ...fields }, message);
  }
  warn(message: string, fields?: LogFields): void {
    this.#log.warn({ ...this.#fields, ...fields }, message);
  }
  error(message: string, fields?: LogFields): void {
    this.#log.error({ ...this.#fields, ...fields }, message);
  }
  with(fields: LogFields): Logger {
    return new FieldLogger(this.#log, { ...this.#fields, ...fields });
  }
}

/** Says nothing: for tests and for library callers that bring no logger. */
export const silentLogger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  with: () => silentLogger,
};
