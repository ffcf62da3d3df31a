/** The keys of a bucket as they are now, without their values. */
import { useEffect, useMemo } from "preact/hooks";
import { ApiError } from "../api.js";
import { createStore, useStore } from "../store.js";
import { follow } from "../stream.js";
import { bucketPath } from "./kv-store.js";

/**
 * `byKey` has what was deleted too, for as long as its marker is there; `names` are those with a value, sorted.
 * @typedef {object} LiveKeys
 * @property {"connecting" | "live" | "stale" | "none"} status none: there is no such bucket
 * @property {ReadonlyMap<string, import("./kv-value-text.js").Entry>} byKey
 * @property {readonly string[]} names another list only when other keys have a value
 * @property {number} version
 * @property {string} reason why it is not live
 */

/** @type {LiveKeys} */
const nothingYet = { status: "connecting", byKey: new Map(), names: [], version: 0, reason: "" };

/**
 * @param {string} bucket
 * @returns {LiveKeys}
 */
export function useLiveKeys(bucket) {
  const store = useMemo(() => createStore(nothingYet), [bucket]);
  useEffect(() => followKeys(bucket, store), [store]);
  return useStore(store);
}

/**
 * @param {string} bucket
 * @param {import("../store.js").Store<LiveKeys>} store
 * @returns {() => void} ends it
 */
function followKeys(bucket, store) {
  /** @type {Map<string, import("./kv-value-text.js").Entry>} */
  let current = new Map();
  let isReady = false;
  let isAnnounced = false;
  let hasOtherNames = true;
  // However much comes, it is drawn once a frame.
  const announce = () => {
    if (isAnnounced || !isReady) return;
    isAnnounced = true;
    requestAnimationFrame(() => {
      isAnnounced = false;
      if (!isReady) return;
      const { names, version } = store.get();
      const next = hasOtherNames ? sortedNames(current) : names;
      hasOtherNames = false;
      store.set({ status: "live", byKey: current, names: next, version: version + 1, reason: "" });
    });
  };
  return follow(`${bucketPath(bucket)}/watch?meta=true`, {
    // A bucket that was made anew counts from 1 again, and what has ended meanwhile may have left no marker.
    isAnew: true,
    onOpen() {
      current = new Map();
      isReady = false;
      hasOtherNames = true;
    },
    onEvent({ name, data }) {
      if (name === "ready") isReady = true;
      else if (name === "message") {
        hasOtherNames ||= current.get(data.key)?.operation !== data.operation;
        current.set(data.key, data);
      }
      announce();
    },
    onLost(cause) {
      isReady = false;
      const isGone = cause instanceof ApiError && cause.code === "BUCKET_NOT_FOUND";
      store.set({
        ...(isGone ? nothingYet : store.get()),
        status: isGone ? "none" : "stale",
        reason: cause.message,
      });
    },
  });
}

/** @param {ReadonlyMap<string, import("./kv-value-text.js").Entry>} byKey */
function sortedNames(byKey) {
  const names = [];
  for (const [key, { operation }] of byKey) if (operation === "PUT") names.push(key);
  return names.sort();
}
