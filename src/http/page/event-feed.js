/** What happened, newest first, and what happens: each event once and in order, whatever became of connections. */
import { useEffect, useState } from "preact/hooks";
import { wordsOf } from "./event-words.js";
import { createStore, useStore } from "./store.js";
import { follow } from "./stream.js";

/**
 * A row of the list: an event, or the place where the daemon no longer knew some (`words` is undefined then).
 * @typedef {object} Row
 * @property {string} id that of the daemon; links are made of it
 * @property {number} number from 1, in the order that they came in
 * @property {string} at ISO 8601; "" of a gap
 * @property {import("./event-words.js").Words | undefined} words
 * @property {string} text what is searched, in lower case
 * @property {any} event the CloudEvent; undefined of a gap
 */

/**
 * `isOpen`: all that was known when it connected is here, or on its way.
 * @typedef {{ rows: readonly Row[], isOpen: boolean, isLost: boolean }} Feed
 */

/** The oldest go first. */
export const mostKept = 5000;
/** The daemon has fewer than these, and not of longer ago, most of the time. */
const beginsMs = 3_600_000;

/** @returns {Feed} while the component is there */
export function useEventFeed() {
  const [feed] = useState(() =>
    createStore(/** @type {Feed} */ ({ rows: [], isOpen: false, isLost: false })),
  );
  useEffect(() => followEvents(feed), [feed]);
  return useStore(feed);
}

/**
 * @param {import("./store.js").Store<Feed>} feed
 * @returns {() => void} ends it
 */
function followEvents(feed) {
  /** Oldest first. @type {Row[]} */
  let kept = [];
  let count = 0;
  let isAnnounced = false;
  let isOver = false;
  // However much comes, it is drawn once a frame.
  const announce = () => {
    if (isAnnounced) return;
    isAnnounced = true;
    requestAnimationFrame(() => {
      isAnnounced = false;
      if (kept.length > mostKept) kept = kept.slice(-mostKept);
      if (!isOver) feed.set({ ...feed.get(), rows: kept.toReversed() });
    });
  };
  const since = new Date(Date.now() - beginsMs).toISOString();
  const end = follow(`/v1/events?since=${since}`, {
    onOpen: () => feed.set({ ...feed.get(), isOpen: true, isLost: false }),
    onLost: () => feed.set({ ...feed.get(), isLost: true }),
    onEvent({ name, data, id }) {
      count += 1;
      if (name === "gap") kept.push(gapOf(data, count));
      else kept.push(rowOf(data, String(id), count));
      announce();
    },
  });
  return () => {
    isOver = true;
    end();
  };
}

/**
 * @param {{ after: string }} data
 * @param {number} number
 * @returns {Row}
 */
function gapOf({ after }, number) {
  return { id: `after-${after}`, number, at: "", words: undefined, text: "", event: undefined };
}

/**
 * @param {any} event
 * @param {string} id
 * @param {number} number
 * @returns {Row}
 */
function rowOf(event, id, number) {
  const words = wordsOf(event);
  const { kind, machine, before, strong, after } = words;
  const text = `${kind} ${machine} ${before}${strong}${after}`.toLowerCase();
  return { id, number, at: event.time, words, text, event };
}
