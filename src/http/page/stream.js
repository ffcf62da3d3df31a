/**
 * Server-sent events that come back: after a dropped connection, a sleep or a restart of the daemon it connects again, sooner or
 * later, and says after which event it goes on. A connection that is silent for longer than the daemon ever is counts as dropped. A
 * page that nobody looks at lets go of it: a browser has few connections for each host.
 */
import { createParser } from "eventsource-parser";
import { reach, refusal } from "./api.js";

/** The daemon says something every 15 s. */
const longestSilenceMs = 40_000;
const shortestPauseMs = 250;
const longestPauseMs = 5_000;

/**
 * @typedef {object} Listener
 * @property {(event: { name: string, data: any, id: string | undefined }) => void} onEvent
 * @property {() => void} onOpen before the first event of each connection
 * @property {(reason: Error) => void} onLost it is tried again
 * @property {boolean} [isAnew] each connection tells from the beginning: nothing is asked to go on after the last event
 */

/**
 * @param {string} path
 * @param {Listener} listener
 * @returns {() => void} ends it
 */
export function follow(path, listener) {
  const over = new AbortController();
  void run(path, listener, over.signal);
  return () => over.abort();
}

/**
 * @param {string} path
 * @param {Listener} listener
 * @param {AbortSignal} over
 */
async function run(path, listener, over) {
  /** @type {{ lastId: string | undefined, failures: number }} */
  const memory = { lastId: undefined, failures: 0 };
  while (!over.aborted) {
    await untilVisible(over);
    await attempt(path, listener, memory, over);
    if (!document.hidden) await pause(memory.failures, over);
  }
}

/**
 * One connection, for as long as somebody looks at the page.
 * @param {string} path
 * @param {Listener} listener
 * @param {{ lastId: string | undefined, failures: number }} memory
 * @param {AbortSignal} over
 */
async function attempt(path, listener, memory, over) {
  const hidden = new AbortController();
  const onHide = () => document.hidden && hidden.abort();
  document.addEventListener("visibilitychange", onHide);
  const meant = AbortSignal.any([over, hidden.signal]);
  try {
    await connect(path, listener, memory, meant);
  } catch (cause) {
    memory.failures += 1;
    if (!meant.aborted) listener.onLost(cause instanceof Error ? cause : new Error(String(cause)));
  } finally {
    document.removeEventListener("visibilitychange", onHide);
  }
}

/**
 * @param {string} path
 * @param {Listener} listener
 * @param {{ lastId: string | undefined, failures: number }} memory
 * @param {AbortSignal} over
 */
async function connect(path, listener, memory, over) {
  const silent = new AbortController();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let silence;
  const heard = () => {
    clearTimeout(silence);
    silence = setTimeout(() => silent.abort(), longestSilenceMs);
  };
  heard();
  try {
    const after = listener.isAnew ? undefined : memory.lastId;
    const headers = after === undefined ? undefined : { "last-event-id": after };
    const answer = await reach(path, {
      signal: AbortSignal.any([over, silent.signal]),
      ...(headers && { headers }),
    });
    if (!answer.ok || !answer.body) throw refusal(answer, await answer.text());
    listener.onOpen();
    memory.failures = 0;
    const parser = createParser({
      onEvent({ event = "message", data, id }) {
        memory.lastId = id ?? memory.lastId;
        listener.onEvent({ name: event, data: JSON.parse(data), id });
      },
    });
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      heard();
      parser.feed(read.value);
    }
    throw new Error("the daemon closed the connection");
  } finally {
    clearTimeout(silence);
  }
}

/** @param {AbortSignal} over */
function untilVisible(over) {
  if (!document.hidden) return Promise.resolve();
  return eventOf([
    [document, "visibilitychange"],
    [over, "abort"],
  ]);
}

/**
 * Longer each time, and not the same for all pages; at once when the network is back.
 * @param {number} failures
 * @param {AbortSignal} over
 */
function pause(failures, over) {
  const longest = Math.min(shortestPauseMs * 2 ** failures, longestPauseMs);
  const waited = new Promise((resolve) => setTimeout(resolve, longest * (0.5 + Math.random() / 2)));
  return Promise.race([
    waited,
    eventOf([
      [globalThis, "online"],
      [document, "visibilitychange"],
      [over, "abort"],
    ]),
  ]);
}

/**
 * Resolves with the first of them.
 * @param {readonly (readonly [EventTarget, string])[]} sources
 * @returns {Promise<void>}
 */
function eventOf(sources) {
  return new Promise((resolve) => {
    const done = new AbortController();
    for (const [target, name] of sources) {
      const onEvent = () => {
        done.abort();
        resolve();
      };
      target.addEventListener(name, onEvent, { signal: done.signal });
    }
  });
}
