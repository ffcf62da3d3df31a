/** Ends a command that would go on for ever: by Ctrl-C, by TERM, or after a time. */
import type { Surroundings } from "./surroundings.ts";

export interface StopRequest extends Disposable {
  /** Aborted when the command should end. */
  readonly signal: AbortSignal;
  /** True when it ended because its time was over. */
  readonly timedOut: boolean;
  /** 0 = no limit. */
  readonly timeoutMs: number;
}

/** Listens until it is disposed of; meanwhile Ctrl-C no longer ends the process by itself. */
export function stopRequest({ signals, clock }: Surroundings, timeoutMs: number | undefined): StopRequest {
  const controller = new AbortController();
  const interrupt = (): void => controller.abort();
  let timedOut = false;
  const cancelTimer =
    timeoutMs === undefined
      ? undefined
      : clock.after(timeoutMs, () => {
          timedOut = true;
          controller.abort();
        });
  signals.on("SIGINT", interrupt);
  signals.on("SIGTERM", interrupt);
  return {
    signal: controller.signal,
    get timedOut() {
      return timedOut;
    },
    timeoutMs: timeoutMs ?? 0,
    [Symbol.dispose]() {
      cancelTimer?.();
      signals.off("SIGINT", interrupt);
      signals.off("SIGTERM", interrupt);
    },
  };
}
