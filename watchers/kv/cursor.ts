/** What a kv watcher remembers between looks, as the JSON of its cursor. Pure; a cursor of another setting counts as none. */
import { isJsonObject, type Json } from "../../src/lib/json.ts";

/** Of a watcher that follows the latest values: which revision of each key it saw, and what those revisions refer to. */
export interface Seen {
  /** A change of any of these makes the revisions meaningless. */
  readonly of: {
    readonly bucket: string;
    /** Rendered key or filter. */
    readonly key: string;
    /** How values are read: `parse`, `query` and `hiera_config`. */
    readonly reading: string;
    /** When the bucket was created; empty when the revisions are never taken as proof of an equal value. */
    readonly created: string;
  };
  readonly revisions: ReadonlyMap<string, number>;
}

export function readSeen(cursor: Json | undefined, of: Seen["of"]): Seen {
  const revisions = new Map<string, number>();
  if (isJsonObject(cursor) && isJsonObject(cursor["seen"]) && isSame(cursor, of)) {
    for (const [key, revision] of Object.entries(cursor["seen"])) {
      if (typeof revision === "number") revisions.set(key, revision);
    }
  }
  return { of, revisions };
}

export function seenCursor({ of, revisions }: Seen): Json {
  return { ...of, seen: Object.fromEntries(revisions) };
}

/** Of a watcher that takes every revision: the last one it handled, in which bucket of that name. */
export interface Position {
  readonly bucket: string;
  /** When the bucket was created: tells a bucket from a later one of the same name. */
  readonly created: string;
  readonly revision: number;
  /** The bucket's revision when the watcher began with it: what was gone by then, it did not miss. */
  readonly followsFrom: number;
}

export function readPosition(cursor: Json | undefined, bucket: string): Position | undefined {
  if (!isJsonObject(cursor) || cursor["bucket"] !== bucket) return undefined;
  const { created, revision, followsFrom } = cursor;
  if (typeof created !== "string" || typeof revision !== "number") return undefined;
  // An earlier machinist did not write it: it counts from the revision that was handled last.
  return { bucket, created, revision, followsFrom: typeof followsFrom === "number" ? followsFrom : revision };
}

export function positionCursor(position: Position): Json {
  return { ...position };
}

function isSame(cursor: Readonly<Record<string, Json>>, of: Seen["of"]): boolean {
  return (
    cursor["bucket"] === of.bucket &&
    cursor["key"] === of.key &&
    cursor["reading"] === of.reading &&
    cursor["created"] === of.created
  );
}
