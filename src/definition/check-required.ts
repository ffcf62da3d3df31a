/** Which watchers wait for which: names that are not there, and circles in which all wait for ever. Pure. */
import { didYouMean } from "../lib/did-you-mean.ts";
import type { Draft, WatcherDraft } from "./draft.ts";
import type { Path, Problem } from "./fault.ts";
import { choice, quoted } from "./value-words.ts";

/** @param path of the watcher */
export function checkRequired(watcher: WatcherDraft, path: Path, { watchers }: Draft): Problem[] {
  const names = watchers.map(({ name }) => name);
  return watcher.requires.flatMap((required, index) => {
    const message = problemWith(watcher, required, watchers, names);
    return message === undefined ? [] : [{ path: [...path, "requires", index], message }];
  });
}

function problemWith(
  watcher: WatcherDraft,
  required: string,
  watchers: readonly WatcherDraft[],
  names: readonly string[],
): string | undefined {
  const name = quoted(watcher.name);
  const other = watchers.find((one) => one.name === required);
  if (!other) {
    const hint = didYouMean(required, names) || `; there are ${choice([...names], "and")}`;
    return `watcher ${name} requires the unknown watcher ${quoted(required)}${hint}`;
  }
  if (other.name === watcher.name) return `watcher ${name} requires itself: it would never look`;
  if (waitsFor(other, watcher.name, watchers))
    return `watchers ${name} and ${quoted(required)} wait for each other: neither would ever look`;
  if (!shareState(watcher, other))
    return `watcher ${quoted(required)} is active in none of the states of ${name}, which would wait for it for ever`;
  return undefined;
}

/** Whether a watcher waits, through others too, for the named one. */
function waitsFor(from: WatcherDraft, name: string, watchers: readonly WatcherDraft[]): boolean {
  const waiting = new Set([from]);
  // A Set is iterated to its end, also what is added on the way.
  for (const one of waiting) {
    if (one.name === name) return true;
    for (const next of watchers) if (one.requires.includes(next.name)) waiting.add(next);
  }
  return false;
}

function shareState(one: WatcherDraft, other: WatcherDraft): boolean {
  if (one.stateMatch.length === 0 || other.stateMatch.length === 0) return true;
  return one.stateMatch.some((state) => other.stateMatch.includes(state));
}
