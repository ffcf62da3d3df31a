/** What a command line runs in: streams, environment, signals and time, as arguments, so that tests can bring their own. */
import type { Readable, Writable } from "node:stream";
import type { Environment } from "../config/sources.ts";
import type { Clock } from "../lib/clock.ts";

export type OutputStream = Writable & { readonly isTTY?: boolean; readonly columns?: number };

export interface Surroundings {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly environment: Environment;
  /** Absolute. */
  readonly workingDirectory: string;
  readonly signals: SignalSource;
  readonly clock: Clock;
  /** Ends the process at once, whatever is still open. */
  endNow(status: number): void;
}

export const signalNames = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2"] as const;

export type SignalName = (typeof signalNames)[number];

/** `process`, or an EventEmitter. */
export interface SignalSource {
  on(signal: SignalName, listener: () => void): unknown;
  off(signal: SignalName, listener: () => void): unknown;
}
