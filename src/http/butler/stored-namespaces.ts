/**
 * Namespaces in the store. A pair is a plain entry that watchers see; its order and deadline are a note in a second bucket. A
 * value is written before its note and a deadline names the revision it holds for, so that neither a crash between the two
 * nor another process can end the wrong value. Deadlines are kept here, on every engine alike: no server need know of them.
 */
import { validateKey } from "../../kv/names.ts";
import type { Bucket, Entry, Filter, Store } from "../../kv/store.ts";
import type { Clock } from "../../lib/clock.ts";
import { codeOf } from "../../lib/errors.ts";
import { areThere, type ButlerBuckets, butlerBuckets } from "./butler-buckets.ts";
import type { Namespaces, Pair } from "./namespaces.ts";
import { type Deadline, type Note, noteText, readNote } from "./note.ts";
import { namesIn, storedKey, storedNamespace } from "./stored-names.ts";

/** Markers of what was deleted stay so long, for watchers that were away. */
const markerMs = 24 * 60 * 60 * 1000;
const namespaceNotes = "*";

export class StoredNamespaces implements Namespaces {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #with: ReturnType<typeof butlerBuckets>;

  constructor(store: Store, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
    this.#with = butlerBuckets(store);
  }

  list(): Promise<string[]> {
    return this.#with(async ({ values, notes }) => {
      const made = (await liveEntries(notes, namespaceNotes)).map(({ key }) => namesIn(key).namespace);
      const used: string[] = [];
      for await (const key of values.keys()) used.push(namesIn(key).namespace);
      // Those that only others wrote to have no note of their own and come last.
      return [...new Set([...made, ...used])];
    });
  }

  has(namespace: string): Promise<boolean> {
    return this.#with(async ({ values, notes }) => {
      const name = storedNamespace(namespace);
      return (await notes.get(name)) !== null || hasAny(values, `${name}.>`);
    });
  }

  add(namespace: string): Promise<void> {
    return this.#with(async ({ notes }) => {
      const name = storedNamespace(namespace);
      if (!(await notes.get(name))) await unless("KEY_EXISTS", notes.create(name, "{}"));
    });
  }

  async remove(namespace: string): Promise<boolean> {
    if (!(await this.has(namespace))) return false;
    await this.#with(async ({ values, notes }) => {
      const name = storedNamespace(namespace);
      const known = await liveEntries(notes, [name, `${name}.>`]);
      await values.delete(`${name}.>`);
      // A note that changed meanwhile is one of a value that was written meanwhile.
      await Promise.all(known.map(({ key, revision }) => forget(notes, key, revision)));
    });
    return true;
  }

  keys(namespace: string): Promise<string[]> {
    return this.#with(async ({ values, notes }) => {
      const filter = `${storedNamespace(namespace)}.>`;
      const known = await notesIn(notes, filter);
      const live = (await liveEntries(values, filter, { metaOnly: true })).filter(
        ({ key, revision }) => !this.#hasEnded(known.get(key), revision),
      );
      // What others wrote has no place and comes last, by age.
      const placeOf = ({ key }: Entry): number => known.get(key)?.place ?? Number.MAX_SAFE_INTEGER;
      return live.toSorted((left, right) => placeOf(left) - placeOf(right)).map(({ key }) => keyIn(key));
    });
  }

  read(namespace: string, key: string): Promise<string | undefined> {
    return this.#with(async (buckets) =>
      (await this.#live(buckets, storedKey(namespace, key)))?.value.string(),
    );
  }

  async write(namespace: string, { key, value }: Pair, ttlMs: number): Promise<void> {
    const stored = storedKey(namespace, key);
    validateKey(stored);
    await this.add(namespace);
    await this.#with(async ({ values, notes }) => {
      const revision = await values.put(stored, value);
      const deadline = ttlMs > 0 ? { endsAt: this.#clock.now() + ttlMs, revision } : undefined;
      while (!(await this.#note(notes, stored, { revision, deadline }))) {
        // Another writer was faster: what it noted decides.
      }
    });
  }

  delete(namespace: string, key: string): Promise<boolean> {
    return this.#with(async (buckets) => {
      const stored = storedKey(namespace, key);
      for (;;) {
        const live = await this.#live(buckets, stored);
        if (!live) return false;
        // Written again meanwhile: it is the new value that goes.
        if (!(await forget(buckets.values, stored, live.value.revision))) continue;
        if (live.note) await forget(buckets.notes, stored, live.note.revision);
        return true;
      }
    });
  }

  async collect(): Promise<number> {
    // A daemon that no client of Butler ever asked leaves no buckets behind.
    if (!(await areThere(this.#store))) return Number.POSITIVE_INFINITY;
    return this.#with(async ({ values, notes }) => {
      const now = this.#clock.now();
      let next = Number.POSITIVE_INFINITY;
      const ending: Promise<unknown>[] = [];
      for (const [stored, { deadline, revision }] of await notesIn(notes, "*.>")) {
        if (!deadline) continue;
        if (deadline.endsAt > now) next = Math.min(next, deadline.endsAt);
        else ending.push(end({ values, notes }, stored, { value: deadline.revision, note: revision }));
      }
      await Promise.all(ending);
      await values.purgeDeletes(markerMs);
      await notes.purgeDeletes(markerMs);
      return next;
    });
  }

  /** The note first: read the other way round, an ended value could pass for the one that was just written. */
  async #live(
    { values, notes }: ButlerBuckets,
    stored: string,
  ): Promise<{ value: Entry; note: Note | undefined } | undefined> {
    const note = await noteOf(notes, stored);
    const value = await values.get(stored);
    if (!value || this.#hasEnded(note, value.revision)) return undefined;
    return { value, note };
  }

  #hasEnded(note: Note | undefined, revision: number): boolean {
    return note?.deadline?.revision === revision && note.deadline.endsAt <= this.#clock.now();
  }

  /** @returns false when another writer came between */
  async #note(
    notes: Bucket,
    stored: string,
    { revision, deadline }: { revision: number; deadline: Deadline | undefined },
  ): Promise<boolean> {
    const found = await noteOf(notes, stored);
    if (!found) return unless("KEY_EXISTS", notes.create(stored, noteText(undefined, deadline)));
    const { deadline: before } = found;
    if (before ? before.revision > revision : !deadline) return true;
    const hasEnded = before !== undefined && before.endsAt <= this.#clock.now();
    const text = noteText(hasEnded ? undefined : found.place, deadline);
    return unless("WRONG_REVISION", notes.update(stored, text, found.revision));
  }
}

async function noteOf(notes: Bucket, stored: string): Promise<Note | undefined> {
  const entry = await notes.get(stored);
  return entry ? readNote(entry) : undefined;
}

async function notesIn(notes: Bucket, filter: string): Promise<Map<string, Note>> {
  return new Map((await liveEntries(notes, filter)).map((entry) => [entry.key, readNote(entry)]));
}

/** The newest of each key, without markers. */
async function liveEntries(
  bucket: Bucket,
  filter: Filter,
  options?: { metaOnly?: boolean },
): Promise<Entry[]> {
  const newest = new Map<string, Entry>();
  for await (const entry of bucket.history(filter, options)) newest.set(entry.key, entry);
  return [...newest.values()]
    .filter(({ operation }) => operation === "PUT")
    .toSorted((left, right) => left.revision - right.revision);
}

async function hasAny(bucket: Bucket, filter: string): Promise<boolean> {
  for await (const _ of bucket.keys(filter)) return true;
  return false;
}

/** Deletes both, unless the value is another one by now. */
async function end(
  { values, notes }: ButlerBuckets,
  stored: string,
  revisions: { readonly value: number; readonly note: number },
): Promise<void> {
  if (await forget(values, stored, revisions.value)) await forget(notes, stored, revisions.note);
}

/** @returns false when it is another revision by now */
function forget(bucket: Bucket, key: string, expectedRevision: number): Promise<boolean> {
  return unless("WRONG_REVISION", bucket.delete(key, { expectedRevision }));
}

/** @returns false when it failed with that code */
async function unless(code: "KEY_EXISTS" | "WRONG_REVISION", writing: Promise<number>): Promise<boolean> {
  try {
    await writing;
    return true;
  } catch (cause) {
    if (codeOf(cause) !== code) throw cause;
    return false;
  }
}

function keyIn(stored: string): string {
  return namesIn(stored).key ?? "";
}
