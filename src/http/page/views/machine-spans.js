/** A machine's past as stretches of time in states. Pure. */

/**
 * @typedef {import("./machine-parts.js").Last & { revision: number }} HistoryLine
 *
 * A transition, and how long the machine stayed where it led.
 * @typedef {HistoryLine & { begin: number, end: number | undefined }} Span `begin`, `end`: ms since 1970; no end: it is there still
 */

/**
 * @param {readonly HistoryLine[]} history newest first
 * @returns {Span[]} newest first
 */
export function spansOf(history) {
  return history.map((line, index) => {
    const next = history[index - 1];
    return { ...line, begin: Date.parse(line.at), end: next && Date.parse(next.at) };
  });
}

/**
 * Time spent in each state, the longest first; beyond `most` states the rest is one, without a name.
 * @param {readonly Span[]} spans
 * @param {number} now
 * @param {number} most
 * @returns {{ state: string | undefined, ms: number, part: number }[]} `part` of the whole, 0 to 1
 */
export function sharesOf(spans, now, most) {
  /** @type {Map<string, number>} */
  const sums = new Map();
  for (const { to, begin, end = now } of spans) sums.set(to, (sums.get(to) ?? 0) + Math.max(end - begin, 0));
  const total = [...sums.values()].reduce((sum, ms) => sum + ms, 0);
  const all = [...sums].map(([state, ms]) => ({ state, ms, part: total === 0 ? 0 : ms / total }));
  all.sort((left, right) => right.ms - left.ms);
  if (all.length <= most) return all;
  const rest = all.slice(most - 1);
  const ms = rest.reduce((sum, share) => sum + share.ms, 0);
  return [...all.slice(0, most - 1), { state: undefined, ms, part: total === 0 ? 0 : ms / total }];
}
