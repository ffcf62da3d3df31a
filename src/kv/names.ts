/** The grammar of bucket names, keys, filters and subjects, the same on every engine. Knows nothing of what they name. */
import { MachinistError } from "../lib/errors.ts";
import type { Filter } from "./store.ts";

/** JetStream names a bucket's stream `KV_<bucket>` and takes 255 characters; both engines keep to it. */
const longestBucketName = 252;
/** In bytes; keys are ASCII, so also in characters. */
const longestKey = 1024;
/** Keys that start so are kept for the store's own use. */
const reservedStart = "_kv";

/** Names of machinist's own buckets begin so. */
const ownBuckets = "machinist-";

const bucketGrammar = /^[A-Za-z0-9_-]+$/;
const keyGrammar = /^[-/=\w]+(?:\.[-/=\w]+)*$/;
const filterGrammar = /^(?:>|(?:\*|[-/=\w]+)(?:\.(?:\*|[-/=\w]+))*(?:\.>)?)$/;
const keyRule = "a key is tokens joined by dots, each one or more of A-Z a-z 0-9 - _ / =";

export function isBucketName(name: string): boolean {
  return bucketGrammar.test(name) && name.length <= longestBucketName;
}

/** @throws INVALID_BUCKET */
export function validateBucketName(name: string): void {
  if (typeof name === "string" && isBucketName(name)) return;
  throw new MachinistError(
    "INVALID_BUCKET",
    `${shown(name)} is no bucket name: use 1 to ${longestBucketName} of A-Z a-z 0-9 - _`,
  );
}

/** False for keys that only other NATS tools can write. */
export function isKey(key: string): boolean {
  return faultOfKey(key) === undefined;
}

/** Whether the bucket is machinist's own, and not for users. */
export function isReservedBucket(name: string): boolean {
  return String(name).toLowerCase().startsWith(ownBuckets);
}

/** @throws INVALID_BUCKET */
export function refuseReservedBucket(name: string): void {
  if (!isReservedBucket(name)) return;
  throw new MachinistError(
    "INVALID_BUCKET",
    `bucket name ${JSON.stringify(name)}: names that begin with ${JSON.stringify(ownBuckets)} are reserved for machinist itself. Choose another name; machinist's own buckets are changed with \`machinist data\`, \`governor\` and \`topics\`, or by hand with \`machinist kv --internal\``,
    { details: { bucket: name } },
  );
}

/** @throws INVALID_KEY */
export function validateKey(key: string): void {
  const fault = faultOfKey(key);
  if (fault !== undefined) throw new MachinistError("INVALID_KEY", `${shown(key)} is no key: ${fault}`);
}

/** @throws INVALID_KEY for a malformed filter, INVALID_ARGUMENT for an empty list */
export function validateFilter(filter: Filter): void {
  const filters = listOf(filter);
  if (filters.length === 0) {
    throw new MachinistError("INVALID_ARGUMENT", 'the list of filters is empty: leave it out or write ">"');
  }
  for (const one of filters) {
    if (typeof one === "string" && filterGrammar.test(one) && one.length <= longestKey) continue;
    throw new MachinistError(
      "INVALID_KEY",
      `${shown(one)} is no filter: ${keyRule}; in a filter a whole token may be "*", and the last one ">"`,
    );
  }
}

/** Of a plain message. @throws INVALID_ARGUMENT */
export function validateSubject(subject: string): void {
  if (isTokens(subject) && !hasWildcards(subject)) return;
  throw noSubject(subject, "tokens joined by dots, without space, * and >");
}

/** Where a whole token may be `*` and the last one `>`. @throws INVALID_ARGUMENT */
export function validateSubjectFilter(filter: string): void {
  const tokens = filter.split(".");
  const isFilter = tokens.every(
    (token, at) => !hasWildcards(token) || isWildcard(token, at === tokens.length - 1),
  );
  if (isTokens(filter) && isFilter) return;
  throw noSubject(filter, "tokens joined by dots, without space; a whole token may be *, and the last one >");
}

/** True when the filter can match more than the one key it spells. */
export function hasWildcards(filter: string): boolean {
  return /[*>]/.test(filter);
}

/** A part of the sorted key space: one key, or all keys that start with a text. */
export interface KeyRange {
  readonly start: string;
  readonly exact: boolean;
}

export interface KeyFilter {
  matches(key: string): boolean;
  /** Sorted, without overlap; every key that matches lies in one of them. */
  readonly ranges: readonly KeyRange[];
}

/** Checks and compiles a filter, or several of which any may match. @throws as validateFilter */
export function compileFilter(filter: Filter): KeyFilter {
  validateFilter(filter);
  const filters = listOf(filter);
  const ranges = withoutOverlap(filters.map(rangeOf));
  if (ranges.every((range) => range.exact)) {
    const keys = new Set(filters);
    return { ranges, matches: (key) => keys.has(key) };
  }
  if (filters.includes(">")) return { ranges, matches: () => true };
  const pattern = new RegExp(`^(?:${filters.map(patternOf).join("|")})$`);
  return { ranges, matches: (key) => pattern.test(key) };
}

function isTokens(subject: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they end a line of the protocol, or are no text
  return !/[\s\u0000-\u001f\u007f]/.test(subject) && subject.split(".").every((token) => token !== "");
}

function isWildcard(token: string, isLast: boolean): boolean {
  return token === "*" || (token === ">" && isLast);
}

function noSubject(found: string, expected: string): MachinistError {
  return new MachinistError("INVALID_ARGUMENT", `${shown(found)} is no subject: expected ${expected}`);
}

function faultOfKey(key: string): string | undefined {
  if (typeof key !== "string" || !keyGrammar.test(key)) return keyRule;
  if (key.length > longestKey) return `it has ${key.length} bytes, the limit is ${longestKey}`;
  if (key.startsWith(reservedStart)) return `keys that start with "${reservedStart}" are reserved`;
  return undefined;
}

function listOf(filter: Filter): readonly string[] {
  return typeof filter === "string" ? [filter] : filter;
}

function rangeOf(filter: string): KeyRange {
  const wildcard = filter.search(/[*>]/);
  return wildcard === -1
    ? { start: filter, exact: true }
    : { start: filter.slice(0, wildcard), exact: false };
}

function withoutOverlap(ranges: readonly KeyRange[]): KeyRange[] {
  const sorted = ranges.toSorted(
    (left, right) => order(left.start, right.start) || Number(left.exact) - Number(right.exact),
  );
  const kept: KeyRange[] = [];
  let prefix: string | undefined;
  for (const range of sorted) {
    if (prefix !== undefined && range.start.startsWith(prefix)) continue;
    if (kept.at(-1)?.exact && kept.at(-1)?.start === range.start) continue;
    if (!range.exact) prefix = range.start;
    kept.push(range);
  }
  return kept;
}

function order(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

/** Nothing to escape: of the key grammar no character but the dot has a meaning in a pattern. */
function patternOf(filter: string): string {
  return filter.replaceAll(".", "\\.").replaceAll("*", "[^.]+").replace(/>$/, ".+");
}

function shown(found: unknown): string {
  const text = JSON.stringify(found) ?? String(found);
  return text.length <= 80 ? text : `${text.slice(0, 77)}...`;
}
