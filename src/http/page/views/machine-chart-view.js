/** What the chart shows of how things are now. Pure. */
import { watcherMark } from "#chart/view.js";

/**
 * @param {import("./machine-parts.js").Details} machine
 * @returns {import("#chart/view.js").ChartView}
 */
export function viewOf({ state, transitions, last, watchers }) {
  return {
    current: state ?? undefined,
    legal: transitions,
    last: last ? { transition: last.transition, from: last.from, to: last.to } : undefined,
    watchers: Object.fromEntries(watchers.map((watcher) => [watcher.name, watcherMark(watcher)])),
  };
}
