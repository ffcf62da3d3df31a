/** What is known of a key of Butler besides its value: an entry of its own, so that the value stays plain text. */
import type { Entry } from "../../kv/store.ts";
import { isJsonObject, type Json } from "../../lib/json.ts";

export interface Note {
  /** Keys are listed in this order: the revision of the note with which the key was added. */
  readonly place: number;
  /** When the value ends, ms since 1970. Holds only for the value of that revision: whoever writes another one ends the deadline. */
  readonly deadline: Deadline | undefined;
  /** Of the note itself. */
  readonly revision: number;
}

export interface Deadline {
  readonly endsAt: number;
  readonly revision: number;
}

/** @param place undefined: comes after all that are there */
export function noteText(place: number | undefined, deadline: Deadline | undefined): string {
  return JSON.stringify({ place, ...deadline });
}

/** Of a note that nobody can read nothing is known but when it was written. */
export function readNote(entry: Entry): Note {
  const found = parsed(entry);
  const { place, endsAt, revision } = isJsonObject(found) ? found : {};
  return {
    place: typeof place === "number" ? place : entry.revision,
    deadline: typeof endsAt === "number" && typeof revision === "number" ? { endsAt, revision } : undefined,
    revision: entry.revision,
  };
}

function parsed(entry: Entry): Json {
  try {
    return entry.json();
  } catch {
    return null;
  }
}
