/** Times for people. One clock beats for all that is shown as an age. */
import { useEffect, useState } from "preact/hooks";
import { html } from "./html.js";

/** @type {Set<() => void>} */
const listeners = new Set();
/** @type {ReturnType<typeof setInterval> | undefined} */
let beat;

/** Draws a component anew each second. @returns {number} now, ms since 1970 */
export function useNow() {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const tick = () => setNow(Date.now());
    listeners.add(tick);
    beat ??= setInterval(() => {
      for (const listener of listeners) listener();
    }, 1000);
    return () => {
      listeners.delete(tick);
      if (listeners.size > 0) return;
      clearInterval(beat);
      beat = undefined;
    };
  }, []);
  return Math.max(now, Date.now());
}

/**
 * `4s`, `12m 03s`, `3h 20m`, `5d 4h`.
 * @param {number} ms
 */
export function duration(ms) {
  const seconds = Math.max(Math.floor(ms / 1000), 0);
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}m ${two(seconds % 60)}s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours}h ${two(minutes % 60)}m`;
  return `${Math.floor(hours / 24)}d ${hours % 24}h`;
}

/**
 * The time of day; the date too when it is of another day.
 * @param {string} iso
 */
export function moment(iso) {
  const isToday = new Date(iso).toDateString() === new Date().toDateString();
  return isToday ? dateTime(iso).slice(-"00:00:00".length) : dateTime(iso);
}

/**
 * `2026-01-02 15:04:05` where the reader is. Made by hand: the browser's own way takes 30 ms when it is first used.
 * @param {string} iso
 */
export function dateTime(iso) {
  const time = new Date(iso);
  const day = [time.getFullYear(), two(time.getMonth() + 1), two(time.getDate())].join("-");
  return `${day} ${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
}

/**
 * How long ago, kept current: `<Age since=… />`.
 * @param {{ since: string | null }} properties
 */
export function Age({ since }) {
  const now = useNow();
  if (since === null) return html`<span class="age">never</span>`;
  return html`<time class="age" datetime=${since} title=${dateTime(since)}>${duration(now - Date.parse(since))}</time>`;
}

/**
 * How long until then: `in 8s`, `now` when it is due.
 * @param {{ at: string | null }} properties
 */
export function Until({ at }) {
  const now = useNow();
  if (at === null) return html`<span class="age">none planned</span>`;
  const ms = Date.parse(at) - now;
  return html`<time class="age" datetime=${at} title=${dateTime(at)}>${ms <= 0 ? "now" : `in ${duration(ms)}`}</time>`;
}

/** @param {number} number */
function two(number) {
  return String(number).padStart(2, "0");
}
