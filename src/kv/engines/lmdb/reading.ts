/** Entries out of the records: one by key or revision, and pages of many. Everything here sees the newest commit. */
import { StoredEntry } from "../../entry.ts";
import type { KeyFilter, KeyRange } from "../../names.ts";
import type { Entry } from "../../store.ts";
import type { BucketIdentity } from "./bucket-identity.ts";
import type { Environment, Records } from "./environment.ts";
import type { Page } from "./integrity/checked-records.ts";
import { damagedValue } from "./integrity/damage.ts";
import {
  deadlineOfExpiry,
  expiryRange,
  headKey,
  headRange,
  keyOfHead,
  logKey,
  logRange,
  revisionOfLog,
  stateKey,
  trimKey,
} from "./layout.ts";
import { isExpired, oldestKept, ownTtlOf } from "./lifetime.ts";
import { unpacked, unpackedLength } from "./payload.ts";
import {
  decodeCurrent,
  decodeHead,
  decodeInline,
  decodeLog,
  decodeState,
  type Head,
  type LogRecord,
  type State,
  type Version,
} from "./records.ts";

/** Between two pages the event loop goes on. */
const pageLength = 1000;

/** A bucket as it is read at a moment. */
export interface View {
  readonly environment: Environment;
  readonly bucket: BucketIdentity;
  /** Milliseconds since 1970: entries whose ttl has passed are not seen. */
  now(): number;
}

/** @throws BUCKET_NOT_FOUND */
export function stateOf(view: View): State {
  const state = stateIfAny(view);
  if (!state) throw view.bucket.notFound();
  return state;
}

/** With this the bucket's configuration is the newest. @returns undefined when the bucket was destroyed */
export function stateIfAny({ environment, bucket }: Omit<View, "now">): State | undefined {
  const records = environment.fresh();
  const bytes = records.get(stateKey(bucket.id));
  const state = bytes && decodeState(bytes);
  if (state) bucket.follow(records, state.edits);
  return state;
}

/** The newest entry of a key, markers included. */
export function newestEntry({ environment, bucket, now }: View, key: string): Entry | null {
  const records = environment.fresh();
  const bytes = records.get(headKey(bucket.id, key));
  if (!bytes) return null;
  const current = decodeCurrent(bytes);
  if (bucket.ages && isExpired(bucket, current, now())) return null;
  const { revision, created, operation, length } = current;
  const value = decodeInline(bytes) ?? valueAt(records, bucket, key, revision);
  const ttlMs = ownTtlOf(bucket.config, current);
  return new StoredEntry({ bucket: bucket.name, key, value, revision, created, operation, length, ttlMs });
}

/** The entry of a revision, if it is one of this key and still retained; markers included. */
export function entryAt({ environment, bucket, now }: View, key: string, revision: number): Entry | null {
  const records = environment.fresh();
  const bytes = records.get(logKey(bucket.id, revision));
  const record = bytes && decodeLog(bytes);
  if (record?.key !== key) return null;
  const at = now();
  if (isExpired(bucket, record, at) || isBeyond(records, bucket, revision, key)) return null;
  // When the newest entry ends, all before it go with it.
  const head = bucket.leavesMarkers ? records.get(headKey(bucket.id, key)) : undefined;
  if (head && isExpired(bucket, decodeCurrent(head), at)) return null;
  return entryOf(bucket, revision, record);
}

/** Whether entries beyond a history that was lowered are still being removed. */
export function isTrimmed({ environment, bucket }: Omit<View, "now">): boolean {
  return environment.fresh().peek(trimKey(bucket.name)) !== undefined;
}

/** Whether an entry is no longer kept, though it is still there. */
function isBeyond(records: Records, bucket: BucketIdentity, revision: number, key: string): boolean {
  if (!records.peek(trimKey(bucket.name))) return false;
  const bytes = records.get(headKey(bucket.id, key));
  return bytes !== undefined && revision < oldestKept(decodeHead(bytes), bucket.config.history);
}

export interface Shape {
  readonly delta?: number;
  readonly metaOnly?: boolean | undefined;
}

export function entryOf(
  bucket: BucketIdentity,
  revision: number,
  record: LogRecord,
  shape: Shape = {},
): Entry {
  const { key, operation, created } = record;
  const value = shape.metaOnly ? new Uint8Array(0) : unpacked(record, bucket.name, revision);
  const length = unpackedLength(record);
  return new StoredEntry({
    bucket: bucket.name,
    key,
    value,
    revision,
    created,
    operation,
    length,
    delta: shape.delta ?? 0,
    ttlMs: ownTtlOf(bucket.config, record),
  });
}

/** How far a walk over the heads has come. */
interface Place {
  readonly range: number;
  readonly after?: string | undefined;
}

export interface HeadPage {
  readonly heads: readonly (readonly [key: string, head: Head])[];
  /** Where to go on; undefined: that was all. */
  readonly next: Place | undefined;
}

/** Heads whose keys match, in the order of keys. */
export function headPage(view: View, filter: KeyFilter, place: Place = { range: 0 }): HeadPage {
  const { environment, bucket, now } = view;
  const range = filter.ranges[place.range];
  if (!range) return { heads: [], next: undefined };
  const page = pageOf(environment.fresh(), bucket, range, place.after);
  const found = page.records.map(({ key, value }): [string, Head] => [keyOfHead(key), decodeHead(value)]);
  const at = now();
  const heads = found
    .filter(([key, head]) => filter.matches(key) && !isExpired(bucket, head.current, at))
    .map(([key, head]): [string, Head] => [key, { ...head, older: kept(head, bucket.config.history, at) }]);
  if (!page.last) return { heads, next: { range: place.range, after: found.at(-1)?.[0] } };
  const more = place.range + 1 < filter.ranges.length;
  return { heads, next: more ? { range: place.range + 1 } : undefined };
}

/** Without those beyond the history, or whose own life is over: what ages by its bucket's ttl is left out when its record is read. */
function kept(head: Head, history: number, now: number): readonly Version[] {
  if (head.older.length === 0) return head.older;
  const oldest = oldestKept(head, history);
  return head.older.filter(
    ({ revision, deadline }) => revision >= oldest && (deadline === 0 || deadline > now),
  );
}

/** Which entries a read is about: those up to a revision; only the newest of each key, or all that are retained. */
export interface Wanted {
  readonly upTo: number;
  readonly newestOnly: boolean;
}

export function revisionsIn({ heads }: HeadPage, { upTo, newestOnly }: Wanted): number[] {
  const found: number[] = [];
  for (const [, { current, older }] of heads) {
    if (!newestOnly) for (const version of older) found.push(version.revision);
    found.push(current.revision);
  }
  return found.filter((revision) => revision <= upTo);
}

export interface LogPage {
  readonly records: readonly { readonly revision: number; readonly record: LogRecord }[];
  /** The last revision that was looked at, also when it is not among the records because it has ended; 0: none was. */
  readonly reached: number;
  readonly last: boolean;
}

/** Retained entries from a revision on, in order of revision. */
export function logPage(view: View, fromRevision: number, limit: number): LogPage {
  const { environment, bucket, now } = view;
  stateIfAny(view);
  const records = environment.fresh();
  const page = records.scan(logRange(bucket.id, fromRevision), limit);
  const at = now();
  const trimmed = isTrimmed(view);
  const kept = page.records
    .map(({ key, value }) => ({ revision: revisionOfLog(key), record: decodeLog(value) }))
    .filter(({ record }) => !isExpired(bucket, record, at))
    .filter(({ revision, record }) => !trimmed || !isBeyond(records, bucket, revision, record.key));
  const newest = page.records.at(-1);
  return { records: kept, reached: newest ? revisionOfLog(newest.key) : 0, last: page.last };
}

/** The record of a revision if it is still retained. */
export function recordAt({ environment, bucket, now }: View, revision: number): LogRecord | undefined {
  const bytes = environment.fresh().get(logKey(bucket.id, revision));
  const record = bytes && decodeLog(bytes);
  return record && !isExpired(bucket, record, now()) ? record : undefined;
}

/** When the next entry of a bucket ends, in ms since 1970; undefined: none does, as it is now. */
export function nextEnd({ environment, bucket }: Omit<View, "now">): number | undefined {
  const records = environment.fresh();
  const { ttlMs } = bucket.config;
  const [soonest] = bucket.leavesMarkers ? records.scan(expiryRange(bucket.id), 1).records : [];
  const [oldest] = ttlMs > 0 ? records.scan(logRange(bucket.id), 1).records : [];
  const own = soonest ? deadlineOfExpiry(soonest.key) : Number.POSITIVE_INFINITY;
  const aged = oldest ? decodeLog(oldest.value).created + ttlMs : Number.POSITIVE_INFINITY;
  return Number.isFinite(Math.min(own, aged)) ? Math.min(own, aged) : undefined;
}

function valueAt(records: Records, bucket: BucketIdentity, key: string, revision: number): Uint8Array {
  const bytes = records.get(logKey(bucket.id, revision));
  if (!bytes) throw damagedValue({ bucket: bucket.name, key, revision }, "its record is missing");
  return unpacked(decodeLog(bytes), bucket.name, revision);
}

function pageOf(records: Records, bucket: BucketIdentity, range: KeyRange, after: string | undefined): Page {
  if (!range.exact) return records.scan(headRange(bucket.id, range.start, after), pageLength);
  const key = headKey(bucket.id, range.start);
  const value = records.get(key);
  return { records: value ? [{ key, value }] : [], last: true };
}
