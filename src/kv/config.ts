/** Checks what a bucket is asked to be. Knows the limits that hold on every engine, not those of one. */
import { MachinistError } from "../lib/errors.ts";
import { deepFreeze, isJsonObject, type Json } from "../lib/json.ts";
import { isBucketName } from "./names.ts";
import { type BucketConfig, defaultBucketConfig } from "./store.ts";

/** The largest value in bytes that any engine takes (JetStream's usual payload limit). */
export const largestValueSize = 1_048_576;

interface Rule {
  readonly allows: (value: unknown) => boolean;
  readonly expected: string;
}

const rules: { readonly [Field in keyof BucketConfig]-?: Rule } = {
  history: { allows: whole(1, 64), expected: "a whole number from 1 to 64" },
  ttlMs: { allows: noneOr(0, whole(100)), expected: "0 (none) or whole milliseconds from 100" },
  markerTtlMs: { allows: noneOr(0, whole(1000)), expected: "0 (none) or whole milliseconds from 1000" },
  maxValueSize: {
    allows: noneOr(-1, whole(1, largestValueSize)),
    expected: `-1 (no own limit) or whole bytes from 1 to ${largestValueSize}`,
  },
  maxBytes: { allows: noneOr(-1, whole(1)), expected: "-1 (no limit) or whole bytes from 1" },
  description: { allows: shortText, expected: "text of at most 4096 characters" },
  metadata: { allows: namedTexts, expected: "an object of texts, no name starting with _nats" },
  storage: { allows: (value) => value === "file" || value === "memory", expected: '"file" or "memory"' },
  compression: { allows: (value) => typeof value === "boolean", expected: "true or false" },
  replicas: { allows: (value) => value === 1 || value === 3 || value === 5, expected: "1, 3 or 5" },
  placement: { allows: placement, expected: "an object with a cluster, tags, or both" },
  republish: {
    allows: republish,
    expected:
      "an object with a destination, and maybe source and headersOnly; destination and source are subjects",
  },
  mirror: { allows: origin, expected: "an object with a bucket, and its JetStream domain" },
  sources: {
    allows: (value) => Array.isArray(value) && value.length > 0 && value.every(origin),
    expected: "a list of objects with a bucket, and maybe its JetStream domain",
  },
};

/** Settings of a bucket, without the rest of its status. */
export function configIn(status: BucketConfig): BucketConfig {
  const settings = Object.entries(status).filter(([name]) => isField(name));
  return { ...defaultBucketConfig, ...Object.fromEntries(settings) };
}

/** Fills in the defaults. @returns a frozen copy @throws INVALID_CONFIG naming field, found and expected */
export function checkBucketConfig(config: Partial<BucketConfig> = {}): BucketConfig {
  for (const [field, value] of Object.entries(config)) {
    if (value !== undefined) checkField(field, value);
  }
  const given = Object.entries(config).filter(([, value]) => value !== undefined);
  const full: BucketConfig = { ...defaultBucketConfig, ...Object.fromEntries(given) };
  return deepFreeze(structuredClone(full));
}

function checkField(field: string, value: unknown): void {
  const rule = isField(field) ? rules[field] : undefined;
  if (rule?.allows(value)) return;
  const fault = rule
    ? `${field} is ${JSON.stringify(value)}, expected ${rule.expected}`
    : `${JSON.stringify(field)} is no setting of a bucket, expected one of ${Object.keys(rules).join(", ")}`;
  throw new MachinistError("INVALID_CONFIG", `bucket configuration: ${fault}`, { details: { field } });
}

function isField(field: string): field is keyof BucketConfig {
  return Object.hasOwn(rules, field);
}

function whole(from: number, to = Number.MAX_SAFE_INTEGER): (value: unknown) => boolean {
  return (value) => Number.isSafeInteger(value) && Number(value) >= from && Number(value) <= to;
}

function noneOr(none: Json, rest: (value: unknown) => boolean): (value: unknown) => boolean {
  return (value) => value === none || rest(value);
}

function shortText(value: unknown): boolean {
  return typeof value === "string" && value.length <= 4096;
}

function placement(value: unknown): boolean {
  if (!isJsonObject(value)) return false;
  const { cluster, tags, ...others } = value;
  const isTags = tags === undefined || (Array.isArray(tags) && tags.every((tag) => isText(tag)));
  const isSome = cluster !== undefined || tags !== undefined;
  return isSome && isTags && (cluster === undefined || isText(cluster)) && isNothing(others);
}

function republish(value: unknown): boolean {
  if (!isJsonObject(value)) return false;
  const { source = ">", destination, headersOnly = false, ...others } = value;
  return isSubject(source) && isSubject(destination) && typeof headersOnly === "boolean" && isNothing(others);
}

function origin(value: unknown): boolean {
  if (!isJsonObject(value)) return false;
  const { bucket, domain, ...others } = value;
  const isDomain = domain === undefined || (isText(domain) && !/[.*>\s]/.test(domain));
  return typeof bucket === "string" && isBucketName(bucket) && isDomain && isNothing(others);
}

function isSubject(value: unknown): boolean {
  return isText(value) && !/\s|^\.|\.\.|\.$/.test(value);
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

function isNothing(others: object): boolean {
  return Object.keys(others).length === 0;
}

function namedTexts(value: unknown): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return Object.entries(value).every(
    ([name, text]) => typeof text === "string" && name !== "" && !name.startsWith("_nats"),
  );
}
