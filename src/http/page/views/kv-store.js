/** What is asked of the daemon's key-value store. Writes say what they expect to find, so that nobody's value is lost unseen. */
import { ask } from "../api.js";

/**
 * @typedef {object} Bucket
 * @property {string} bucket
 * @property {string} description
 * @property {number} history entries kept of each key
 * @property {number} ttlMs 0: none
 * @property {number} markerTtlMs 0: keys have no ttl of their own
 * @property {number} maxValueSize bytes; -1: the engine's own limit
 * @property {number} maxBytes -1: none
 * @property {number} values entries kept, history and markers included
 * @property {number} bytes
 * @property {number} revision
 * @property {string} created ISO 8601
 * @property {string} backingStore
 */

/**
 * What must be there for a write: that revision, or no value.
 * @typedef {number | "absent"} Expected
 */

/** @param {string} bucket */
export function bucketPath(bucket) {
  return `/v1/kv/${encodeURIComponent(bucket)}`;
}

/**
 * @param {string} bucket
 * @param {string} key
 */
export function entryPath(bucket, key) {
  return `${bucketPath(bucket)}/entries/${encodeURIComponent(key)}`;
}

/**
 * @param {string} path of the entry
 * @param {import("./kv-value-text.js").Value & { ttlMs?: number }} body
 * @param {Expected} expected
 * @returns {Promise<number>} its revision
 */
export async function putEntry(path, body, expected) {
  return (await ask("PUT", path, { body, headers: condition(expected) })).body.revision;
}

/**
 * @param {string} path of the entry
 * @param {number} expected
 * @param {{ purge?: boolean }} [options] purge: its history too
 */
export async function removeEntry(path, expected, { purge = false } = {}) {
  await ask("DELETE", `${path}${purge ? "?purge=true" : ""}`, { headers: condition(expected) });
}

/** Buckets that the daemon keeps for itself: writing there by hand is work on the open heart. @param {string} bucket */
export function isOfDaemon(bucket) {
  return bucket.startsWith("machinist-");
}

/**
 * @param {Expected} expected
 * @returns {Record<string, string>}
 */
function condition(expected) {
  return expected === "absent" ? { "if-none-match": "*" } : { "if-match": `"${expected}"` };
}
