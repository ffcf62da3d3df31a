/** What a drawing shows of a running machine. Pure, and served to the page. */

/** How a watcher's last look ended; `looking`: one is under way; `idle`: none yet. */
export type WatcherMark = "ok" | "failed" | "looking" | "idle";

/** Where the machine is now; of one that does not run: `{ legal: [], watchers: {} }`. */
export interface ChartView {
  readonly current?: string | undefined;
  /** The transition made last. */
  readonly last?: { readonly from: string; readonly transition: string; readonly to: string } | undefined;
  /** Names of the transitions that are legal now, from the current state. */
  readonly legal: readonly string[];
  /** By the watcher's name; shown in the current state only, where a missing one counts as idle. */
  readonly watchers: Readonly<Record<string, WatcherMark>>;
  /** Begins the ids in the drawing; default `chart`. Two charts in one document need two. */
  readonly prefix?: string | undefined;
}

/** The mark of a watcher as the daemon shows it. */
export function watcherMark(watcher: {
  readonly looking: boolean;
  readonly error: string | null;
  readonly lookedAt: string | null;
}): WatcherMark {
  if (watcher.looking) return "looking";
  if (watcher.error !== null) return "failed";
  return watcher.lookedAt === null ? "idle" : "ok";
}
