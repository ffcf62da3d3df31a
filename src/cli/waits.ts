/** What a machine waits for, as `list`, `show` and `transition` print it. Pure. */
import type { MachineSummary } from "../http/machine-view.ts";
import { formatWait } from "../lib/duration.ts";

/** The transition that waits for the rate limit, with the time that is left; watchers that wait for a slot, with the time so far. */
export function waitsOf({ delayed, watchers }: MachineSummary, nowMs: number): string[] {
  const slots = watchers.flatMap(({ name, awaitedSlot }) => {
    if (!awaitedSlot) return [];
    const soFar = formatWait(nowMs - Date.parse(awaitedSlot.since));
    return [`${name}: waiting ${soFar}: governor ${awaitedSlot.governor}`];
  });
  return delayed ? [delayText(delayed, nowMs), ...slots] : slots;
}

export function delayText(
  { transition, reason, until }: NonNullable<MachineSummary["delayed"]>,
  nowMs: number,
): string {
  return `${transition}: waiting ${formatWait(Date.parse(until) - nowMs)}: ${reason}`;
}
