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
  return wrap(pino({ ...base, formatters: { level: (label) => ({ level: label }) } }, destination));
}

function wrap(log: pino.Logger): Logger {
  return {
    debug: (message, fields) => log.debug(fields ?? {}, message),
    info: (message, fields) => log.info(fields ?? {}, message),
    warn: (message, fields) => log.warn(fields ?? {}, message),
    error: (message, fields) => log.error(fields ?? {}, message),
    with: (fields) => wrap(log.child(fields)),
  };
}

/** Says nothing: for tests and for library callers that bring no logger. */
export const silentLogger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  with: () => silentLogger,
};
