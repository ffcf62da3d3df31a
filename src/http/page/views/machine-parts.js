/** The shapes that the parts of a machine's view share, and small questions about them. */

/**
 * @typedef {object} WatcherMore
 * @property {string | null} error
 * @property {string | null} output of its last command
 * @property {Record<string, unknown>} detail
 *
 * @typedef {import("../machines.js").Watcher & WatcherMore} Watcher
 *
 * @typedef {object} Last
 * @property {string} transition
 * @property {string} from
 * @property {string} to
 * @property {string} at ISO 8601
 * @property {string} by
 *
 * @typedef {object} More
 * @property {string | null} definition its hash
 * @property {Record<string, unknown>} data
 * @property {Last | null} last
 * @property {Record<string, number>} counters
 * @property {readonly Watcher[]} watchers
 *
 * @typedef {Omit<import("../machines.js").Machine, "watchers"> & More} Details
 *
 * @typedef {import("#chart/shape.js").PlacedChart} Chart
 * @typedef {Chart["lines"][number]} Line
 * @typedef {Chart["boxes"][number]} Box
 */

/**
 * The ways that a transition has from that state, in the order in which their conditions are asked.
 * @param {readonly Line[]} lines
 * @param {string | null} state
 * @param {string} transition
 */
export function waysOf(lines, state, transition) {
  return lines.filter((line) => line.from === state && line.transition === transition);
}

/** @param {string} by `watcher check` */
export function byWhom(by) {
  return by === "person" ? "a person" : by;
}
