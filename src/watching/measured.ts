/** A watcher whose looks are counted and timed. */
import type { Clock } from "../lib/clock.ts";
import type { Observation, Watcher } from "./watcher.ts";

/** One look that ended. */
export interface MeasuredLook {
  readonly machine: string;
  readonly watcher: string;
  readonly type: string;
  /** In the words of the type; `error` for one that threw. */
  readonly outcome: string;
  readonly durationMs: number;
}

export type LookListener = (look: MeasuredLook) => void;

/** @param of whose looks they are */
export function measured(
  watcher: Watcher,
  of: Pick<MeasuredLook, "machine" | "watcher" | "type">,
  { clock, onLook }: { readonly clock: Clock; readonly onLook: LookListener },
): Watcher {
  const { hints, admit, selfCheck, keep } = watcher;
  return {
    ...(hints && { hints: hints.bind(watcher) }),
    ...(admit && { admit: admit.bind(watcher) }),
    ...(selfCheck && { selfCheck: selfCheck.bind(watcher) }),
    ...(keep && { keep: keep.bind(watcher) }),
    async observe(look, signal) {
      const begun = clock.monotonic();
      let seen: Observation | undefined;
      try {
        seen = await watcher.observe(look, signal);
        return seen;
      } finally {
        onLook({ ...of, outcome: seen?.outcome ?? "error", durationMs: clock.monotonic() - begun });
      }
    },
  };
}
