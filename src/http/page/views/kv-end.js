/** When a value's life is over. */

/**
 * @param {Pick<import("./kv-value-text.js").Entry, "created" | "ttlMs">} entry
 * @param {number} bucketTtlMs 0: none
 * @returns {string | undefined} ISO 8601; undefined: never
 */
export function endOf({ created, ttlMs }, bucketTtlMs) {
  const life = Math.min(ttlMs ?? Number.POSITIVE_INFINITY, bucketTtlMs || Number.POSITIVE_INFINITY);
  return Number.isFinite(life) ? new Date(Date.parse(created) + life).toISOString() : undefined;
}
