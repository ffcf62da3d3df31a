/** Which events are shown. All of it is in the address, so that a link shows the same to others. */

/** Of the query: each absent or "" when it does not matter. @typedef {{ machine?: string, type?: string, text?: string }} EventFilter */

/**
 * @param {readonly import("./event-feed.js").Row[]} rows
 * @param {EventFilter} filter `machine` is the whole name of one, or a part of the names of several
 * @param {(name: string) => boolean} isMachine
 * @returns {readonly import("./event-feed.js").Row[]} gaps are always among them
 */
export function filtered(rows, { machine = "", type = "", text = "" }, isMachine) {
  if (!machine && !type && !text) return rows;
  const tests = [
    ...(machine ? [ofMachine(machine, isMachine(machine))] : []),
    ...(type ? [ofType(type)] : []),
    ...words(text).map(saying),
  ];
  return rows.filter((row) => row.words === undefined || tests.every((test) => test(row)));
}

/** @typedef {(row: import("./event-feed.js").Row) => boolean} Test */

/**
 * @param {string} wanted
 * @param {boolean} isWhole
 * @returns {Test}
 */
function ofMachine(wanted, isWhole) {
  return isWhole
    ? ({ words }) => words?.machine === wanted
    : ({ words }) => words?.machine.includes(wanted) === true;
}

/**
 * @param {string} type `watcher` is those of all types
 * @returns {Test}
 */
function ofType(type) {
  if (type === "watcher") return ({ words }) => !others.includes(words?.kind ?? "");
  return ({ words }) => words?.kind === type;
}

const others = ["transition", "pause", "restored", "gossip", "governor"];

/** @param {string} text */
function words(text) {
  return text.toLowerCase().split(/\s+/).filter(Boolean);
}

/**
 * @param {string} word
 * @returns {Test}
 */
function saying(word) {
  return ({ text }) => text.includes(word);
}
