/** What a key has now: its value comes anew with each change that the bucket's stream tells of. */
import { ApiError } from "../api.js";
import { useResource } from "../resource.js";
import { useNow } from "../time.js";
import { endOf } from "./kv-end.js";

/** @typedef {import("./kv-value-text.js").Entry} Entry */

/**
 * @typedef {object} EntryNow
 * @property {Entry | undefined} entry undefined: no value, or not known yet
 * @property {boolean} isKnown whether there is a value or not
 * @property {boolean} hasHistory
 * @property {Error | undefined} error why nothing newer is known
 * @property {unknown} version another one whenever there may be other entries
 * @property {() => void} reload
 */

/**
 * @param {string} path of the entry
 * @param {string} name
 * @param {import("./kv-live-keys.js").LiveKeys} keys
 * @param {number} bucketTtlMs
 * @returns {EntryNow}
 */
export function useEntryNow(path, name, { status, byKey }, bucketTtlMs) {
  const live = byKey.get(name);
  const version = useVersion(live, bucketTtlMs);
  // What is known to have no value is not asked for.
  const isWithout = status === "live" && live?.operation !== "PUT";
  const { value, error, reload } = useResource(isWithout ? undefined : path, version);
  const isGone = isWithout || (error instanceof ApiError && error.code === "KEY_NOT_FOUND");
  const entry = isGone ? undefined : value;
  return {
    entry,
    isKnown: isGone || entry !== undefined,
    hasHistory: live !== undefined || !isWithout,
    error: isGone ? undefined : error,
    version,
    reload,
  };
}

/**
 * Another one whenever the value may be another: when it was written, and when its life is over, which nobody may say.
 * @param {Entry | undefined} live
 * @param {number} bucketTtlMs
 */
function useVersion(live, bucketTtlMs) {
  const now = useNow();
  const end = live && endOf(live, bucketTtlMs);
  return `${live?.revision} ${end !== undefined && Date.parse(end) <= now}`;
}
