/**
 * What a reader has still to get before it is up to date, a page at a time: from the heads (what existed when it began), or
 * from the log (what it missed).
 */
import type { KeyFilter } from "../../names.ts";
import type { Entry } from "../../store.ts";
import {
  entryOf,
  type HeadPage,
  headPage,
  logPage,
  recordAt,
  revisionsIn,
  type View,
  type Wanted,
} from "./reading.ts";

/** Entries of one step: short enough not to be noticed by the event loop. */
const stepLength = 500;
const stepBytes = 1_048_576;
/** A filter of many single keys gives pages of one head each. */
const mostPages = 50;

export interface Backlog {
  /** The next entries; may be none before the end. */
  step(): Entry[];
  /** Everything was given out. */
  readonly done: boolean;
  /** Every revision up to this one was given out, or was not wanted, or is no longer kept. */
  readonly position: number;
}

export interface SnapshotShape {
  /** Count down how many are still to come. */
  readonly withDelta?: boolean;
  readonly metaOnly?: boolean | undefined;
}

/** First finds the revisions of all keys that match, then gives out their entries in order of revision. */
export class SnapshotBacklog implements Backlog {
  readonly #view: View;
  readonly #filter: KeyFilter;
  readonly #wanted: Wanted;
  readonly #shape: SnapshotShape;
  readonly #revisions: number[] = [];
  #place: HeadPage["next"];
  #searching = true;
  #given = 0;

  constructor(view: View, filter: KeyFilter, options: { wanted: Wanted; shape?: SnapshotShape }) {
    this.#view = view;
    this.#filter = filter;
    this.#wanted = options.wanted;
    this.#shape = options.shape ?? {};
  }

  get done(): boolean {
    return !this.#searching && this.#given === this.#revisions.length;
  }

  get position(): number {
    return this.#wanted.upTo;
  }

  step(): Entry[] {
    if (this.#searching) this.#search();
    return this.#searching ? [] : this.#give();
  }

  #search(): void {
    for (let pages = 0, heads = 0; this.#searching && pages < mostPages && heads < stepLength; pages++) {
      const page = headPage(this.#view, this.#filter, this.#place);
      for (const revision of revisionsIn(page, this.#wanted)) this.#revisions.push(revision);
      heads += page.heads.length;
      this.#place = page.next;
      this.#searching = page.next !== undefined;
    }
    if (!this.#searching) this.#revisions.sort((left, right) => left - right);
  }

  #give(): Entry[] {
    const entries: Entry[] = [];
    for (let bytes = 0; entries.length < stepLength && bytes < stepBytes; this.#given++) {
      const revision = this.#revisions[this.#given];
      if (revision === undefined) break;
      const record = recordAt(this.#view, revision);
      // Gone meanwhile: what replaced it comes another way.
      if (!record) continue;
      bytes += record.stored.length;
      const delta = this.#shape.withDelta ? this.#revisions.length - this.#given - 1 : 0;
      entries.push(entryOf(this.#view.bucket, revision, record, { delta, metaOnly: this.#shape.metaOnly }));
    }
    return entries;
  }
}

/** Every retained entry that matches, from one revision to another, as the log has them. */
export class LogBacklog implements Backlog {
  readonly #view: View;
  readonly #filter: KeyFilter;
  readonly #upTo: number;
  #position: number;
  #done: boolean;

  constructor(view: View, filter: KeyFilter, options: { after: number; upTo: number }) {
    this.#view = view;
    this.#filter = filter;
    this.#position = options.after;
    this.#upTo = options.upTo;
    this.#done = options.after >= options.upTo;
  }

  get done(): boolean {
    return this.#done;
  }

  get position(): number {
    return this.#position;
  }

  step(): Entry[] {
    const page = logPage(this.#view, this.#position + 1, stepLength);
    const entries: Entry[] = [];
    for (const { revision, record } of page.records) {
      if (revision > this.#upTo) break;
      this.#position = revision;
      if (this.#filter.matches(record.key)) {
        entries.push(entryOf(this.#view.bucket, revision, record));
      }
    }
    this.#position = Math.max(this.#position, Math.min(page.reached, this.#upTo));
    this.#done = page.last || page.reached >= this.#upTo;
    return entries;
  }
}
