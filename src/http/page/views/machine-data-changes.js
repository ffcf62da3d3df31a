/** What of a machine's data is other than it was while somebody looked. */
import { useEffect, useRef, useState } from "preact/hooks";

/**
 * By path (`["jobs", "3"]` as JSON): what was there before; undefined where there was nothing.
 * @typedef {{ at: string, before: ReadonlyMap<string, unknown> }} Changes
 */

/** @type {Changes} */
export const unchanged = { at: "", before: new Map() };

/**
 * The last change, since the page shows this machine.
 * @param {Record<string, unknown> | undefined} data
 * @returns {Changes}
 */
export function useDataChanges(data) {
  const [changes, setChanges] = useState(unchanged);
  const known = useRef(data);
  useEffect(() => {
    const old = known.current;
    known.current = data;
    if (old === undefined || data === undefined) return;
    const before = changedPaths(old, data);
    if (before.size > 0) setChanges({ at: new Date().toISOString(), before });
  }, [data]);
  return changes;
}

/** @param {readonly (string | number)[]} path */
export function pathKey(path) {
  return JSON.stringify(path.map(String));
}

/**
 * Where two values differ, as deep as both are objects or both are lists. Pure.
 * @param {unknown} before
 * @param {unknown} now
 * @param {readonly string[]} [path]
 * @returns {Map<string, unknown>} path → what was there before
 */
export function changedPaths(before, now, path = []) {
  if (Object.is(before, now)) return new Map();
  const [left, right] = [membersOf(before), membersOf(now)];
  if (!left || !right || Array.isArray(before) !== Array.isArray(now))
    return new Map([[pathKey(path), before]]);
  const names = new Set([...left.keys(), ...right.keys()]);
  return new Map(
    [...names].flatMap((name) => [...changedPaths(left.get(name), right.get(name), [...path, name])]),
  );
}

/**
 * @param {unknown} value
 * @returns {Map<string, unknown> | undefined} undefined: it has no parts
 */
function membersOf(value) {
  return typeof value === "object" && value !== null ? new Map(Object.entries(value)) : undefined;
}
