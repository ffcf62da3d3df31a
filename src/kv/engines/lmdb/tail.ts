/** Follows the log of one bucket: every new entry once, in order of revision, to each of those it concerns. */

import { breath } from "../../../lib/breath.ts";
import { StoredEntry } from "../../entry.ts";
import type { KeyFilter } from "../../names.ts";
import type { Entry } from "../../store.ts";
import type { Appended, BucketChanges } from "./bucket-changes.ts";
import type { BucketIdentity } from "./bucket-identity.ts";
import { ownTtlOf } from "./lifetime.ts";
import { entryOf, logPage, stateIfAny, stateOf, type View } from "./reading.ts";

const pageLength = 500;

/** One who follows a bucket. */
export interface Listener {
  readonly filter: KeyFilter;
  /** In order of revision; an entry may come again that the listener got another way. */
  offer(entry: Entry): void;
  /** The bucket is gone: nothing comes any more. */
  finish(error: Error): void;
}

export class Tail {
  readonly #view: View;
  /** Those who want single keys are found by key: a thousand of them cost no more than one. */
  readonly #byKey = new Map<string, Set<Listener>>();
  readonly #byPattern = new Set<Listener>();
  readonly #listeners = new Set<Listener>();
  /** Everything up to this revision was given out. */
  #cursor: number;
  #following = false;

  /** Starts at the bucket's revision of this moment. @throws BUCKET_NOT_FOUND */
  constructor(view: View) {
    this.#view = view;
    this.#cursor = stateOf(view).lastRevision;
  }

  get isEmpty(): boolean {
    return this.#listeners.size === 0;
  }

  add(listener: Listener): void {
    this.#listeners.add(listener);
    const { ranges } = listener.filter;
    if (!ranges.every((range) => range.exact)) {
      this.#byPattern.add(listener);
      return;
    }
    for (const { start } of ranges) {
      const others = this.#byKey.get(start);
      if (others) others.add(listener);
      else this.#byKey.set(start, new Set([listener]));
    }
  }

  remove(listener: Listener): void {
    this.#listeners.delete(listener);
    this.#byPattern.delete(listener);
    for (const { start } of listener.filter.ranges) {
      const others = this.#byKey.get(start);
      others?.delete(listener);
      if (others?.size === 0) this.#byKey.delete(start);
    }
  }

  /** Entries that this process has just committed, in order of revision. */
  take({ appended, bucket }: Pick<BucketChanges, "appended" | "bucket">): void {
    const first = appended[0];
    if (!first || this.#following) return;
    // Another process wrote in between: the log has its entries and these.
    if (first.revision > this.#cursor + 1) {
      this.follow();
      return;
    }
    for (const one of appended) {
      const { revision, key } = one;
      if (revision <= this.#cursor) continue;
      this.#cursor = revision;
      this.#give(key, () => entryOfAppended(bucket, one));
    }
  }

  /** Reads what is new; a lot of it in pages, with turns of the event loop in between. */
  follow(): void {
    if (this.#following) return;
    this.#following = true;
    if (this.#readPage()) {
      this.#following = false;
      return;
    }
    void this.#followOn();
  }

  finish(error: Error): void {
    for (const listener of [...this.#listeners]) listener.finish(error);
  }

  async #followOn(): Promise<void> {
    do await breath();
    while (!this.#readPage());
    this.#following = false;
  }

  /** @returns true when nothing is left to read; what cannot be read ends all who listen */
  #readPage(): boolean {
    if (this.isEmpty) return true;
    try {
      return this.#readNext();
    } catch (error) {
      this.finish(error instanceof Error ? error : new Error(String(error)));
      return true;
    }
  }

  #readNext(): boolean {
    const state = stateIfAny(this.#view);
    if (!state) this.finish(this.#view.bucket.notFound());
    const newest = state?.lastRevision ?? 0;
    if (newest <= this.#cursor) return true;
    const page = logPage(this.#view, this.#cursor + 1, pageLength);
    for (const { revision, record } of page.records) {
      this.#cursor = revision;
      this.#give(record.key, () => entryOf(this.#view.bucket, revision, record));
    }
    this.#cursor = Math.max(this.#cursor, page.last ? newest : page.reached);
    return page.last;
  }

  #give(key: string, make: () => Entry): void {
    let entry: Entry | undefined;
    for (const listener of this.#byKey.get(key) ?? []) {
      entry ??= make();
      listener.offer(entry);
    }
    for (const listener of this.#byPattern) {
      if (!listener.filter.matches(key)) continue;
      entry ??= make();
      listener.offer(entry);
    }
  }
}

function entryOfAppended({ name, config }: BucketIdentity, { deadline, ...fields }: Appended): Entry {
  const ttlMs = ownTtlOf(config, { created: fields.created, deadline });
  return new StoredEntry({ bucket: name, ...fields, length: fields.value.length, ttlMs });
}
