/**
 * What touches many keys: done page by page, each page one operation, so that no transaction grows with the bucket and
 * other writes come in between.
 */
import type { KeyFilter, KeyRange } from "../../names.ts";
import type { Progress } from "../../store.ts";
import type { Batch, Operation } from "./batch.ts";
import type { BucketIdentity } from "./bucket-identity.ts";
import {
  deadlineOfExpiry,
  expiryRange,
  headRange,
  keyOfHead,
  logRange,
  revisionOfExpiry,
  revisionOfLog,
} from "./layout.ts";
import { emptyPayload } from "./payload.ts";
import { decodeLog } from "./records.ts";

const pageLength = 512;

export type Submit = <T>(operation: Operation<T>) => Promise<T>;

/** Removes every entry up to the revision that the bucket has at the first page. */
export async function emptyBucket(submit: Submit, bucket: BucketIdentity): Promise<void> {
  let upTo: number | undefined;
  await eachHead({ submit, bucket, ranges: everything }, (batch, key) => {
    const changes = batch.bucket(bucket);
    upTo ??= changes.revision;
    changes.drop(key, upTo);
  });
}

/** Where the newest entry is a marker, drops what is before it, and the marker too when it is that old. */
export async function dropMarkers(
  submit: Submit,
  bucket: BucketIdentity,
  olderThanMs: number,
  progress?: Progress,
): Promise<void> {
  let done = 0;
  await eachHead({ submit, bucket, ranges: everything }, (batch, key) => {
    const changes = batch.bucket(bucket);
    const head = changes.head(key);
    if (!head) return;
    done += 1 + head.older.length;
    progress?.(done, Math.max(done, changes.values));
    if (head.current.operation === "PUT") return;
    const { created, revision } = head.current;
    const old = olderThanMs === 0 || created <= changes.now - olderThanMs;
    changes.drop(key, old ? revision : revision - 1);
  });
}

/** Appends a DEL marker to every live key that matches. @returns the last revision, 0 when none matched */
export async function deleteMatching(
  submit: Submit,
  bucket: BucketIdentity,
  filter: KeyFilter,
): Promise<number> {
  let revision = 0;
  let upTo: number | undefined;
  await eachHead({ submit, bucket, ranges: filter.ranges }, (batch, key) => {
    const changes = batch.bucket(bucket);
    const head = changes.head(key);
    if (!head) return;
    upTo ??= changes.revision;
    // A key that is written while the pages go by was not meant.
    if (head.current.operation !== "PUT" || head.current.revision > upTo || !filter.matches(key)) return;
    revision = changes.append(key, "DEL", emptyPayload);
  });
  return revision;
}

/**
 * Removes entries that have ended, each with the marker that tells of it where the bucket leaves markers. Between two pages
 * it may be told to go no further.
 */
export async function expire(
  submit: Submit,
  bucket: BucketIdentity,
  mayGoOn: () => boolean = () => true,
): Promise<void> {
  while ((await submit((batch) => expirePage(batch, bucket))) && mayGoOn());
}

/** In the order of their ends. @returns true when there may be more */
function expirePage(batch: Batch, bucket: BucketIdentity): boolean {
  const changes = batch.bucket(bucket);
  changes.flush();
  const own = batch.records.scan(expiryRange(bucket.id, batch.now), pageLength);
  const aged = agedPage(batch, changes.bucket);
  const ended = own.records.map(({ key }) => ({
    revision: revisionOfExpiry(key),
    end: deadlineOfExpiry(key),
  }));
  const all = [...ended, ...aged.ended];
  all.sort((left, right) => left.end - right.end || left.revision - right.revision);
  for (const { revision } of all) {
    const bytes = changes.logRecord(revision);
    // An earlier one of this page may have taken it along.
    if (!bytes) continue;
    const record = decodeLog(bytes);
    changes.head(record.key);
    // What the newest does not take along, because it lives on; all before this one has ended too.
    changes.drop(record.key, revision);
  }
  return !own.last || aged.more;
}

/** The oldest entries, as far as they are older than the bucket's ttl. */
function agedPage({ records, now }: Batch, { id, config: { ttlMs } }: BucketIdentity) {
  if (ttlMs === 0) return { ended: [], more: false };
  const page = records.scan(logRange(id), pageLength);
  const ends = page.records.map(({ key, value }) => {
    return { revision: revisionOfLog(key), end: decodeLog(value).created + ttlMs };
  });
  const ended = ends.filter(({ end }) => end <= now);
  return { ended, more: !page.last && ended.length === ends.length };
}

const everything: readonly KeyRange[] = [{ start: "", exact: false }];

interface Sweep {
  readonly submit: Submit;
  readonly bucket: BucketIdentity;
  readonly ranges: readonly KeyRange[];
}

type Visit = (batch: Batch, key: string) => void;

async function eachHead({ submit, bucket, ranges }: Sweep, visit: Visit): Promise<void> {
  for (const range of ranges) {
    let after: string | undefined;
    do after = await submit((batch) => headPage(batch, { bucket, range, after }, visit));
    while (after !== undefined);
  }
}

interface HeadPage {
  readonly bucket: BucketIdentity;
  readonly range: KeyRange;
  readonly after: string | undefined;
}

/** @returns the last key of the page when there may be more */
function headPage(batch: Batch, { bucket, range, after }: HeadPage, visit: Visit): string | undefined {
  const changes = batch.bucket(bucket);
  if (range.exact) {
    visit(batch, range.start);
    return undefined;
  }
  changes.flush();
  const page = batch.records.scan(headRange(bucket.id, range.start, after), pageLength);
  let last: string | undefined;
  for (const { key } of page.records) {
    last = keyOfHead(key);
    visit(batch, last);
  }
  return page.last ? undefined : last;
}
