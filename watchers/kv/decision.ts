/**
 * What one look at one key means, as one pure table: what the machine knows, what was found, what follows. The row numbers
 * are those of Choria's decision table; row 1 (inactive, busy) belongs to the loop.
 */
import { type Json, jsonEqual } from "../../src/lib/json.ts";

/** What the machine knows of a key before the look. */
export interface Known {
  /** The machine's data under the key's data key; undefined when there is none. */
  readonly previous: Json | undefined;
  /** Revision that an earlier look saw; undefined when none did, or when the key was absent since. */
  readonly revision: number | undefined;
}

export type Found =
  | { readonly how: "value"; readonly value: Json; readonly revision: number }
  /** No entry, or a marker. */
  | { readonly how: "absent" }
  /** The bucket, the key, the value or the read failed. */
  | { readonly how: "unreadable"; readonly reason: string };

export interface ChangeOptions {
  /** Every successful read counts as a change. */
  readonly onSuccessfulGet: boolean;
  /** A newer revision counts as a change although its value is the same. */
  readonly onMatchingUpdate: boolean;
}

export type Decision =
  | { readonly what: "nothing"; readonly revision: number | undefined }
  /** A new value, or a newer revision that counts as one. */
  | { readonly what: "put"; readonly value: Json; readonly revision: number }
  /** Nothing is new, but a successful read counts as a change. */
  | { readonly what: "read"; readonly revision: number }
  | { readonly what: "deleted" }
  | { readonly what: "error"; readonly reason: string };

export function decide(known: Known, found: Found, options: ChangeOptions): Decision {
  // Rows 2, 3, 4, 7
  if (found.how === "unreadable") return { what: "error", reason: found.reason };
  if (found.how === "absent") {
    // Rows 5, 6
    return known.previous === undefined ? { what: "nothing", revision: undefined } : { what: "deleted" };
  }
  const { value, revision } = found;
  // Row 8
  if (!jsonEqual(known.previous, value)) return { what: "put", value, revision };
  // Row 9
  if (options.onMatchingUpdate && known.revision !== undefined && revision > known.revision) {
    return { what: "put", value, revision };
  }
  // Row 10
  return options.onSuccessfulGet ? { what: "read", revision } : { what: "nothing", revision };
}
