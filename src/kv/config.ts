/** Checks what a bucket is asked to be. Knows the limits that hold on every engine, not those of one. */
import { MachinistError } from "../lib/errors.ts";
import { deepFreeze, type Json } from "../lib/json.ts";
import { type BucketConfig, defaultBucketConfig } from "./store.ts";

/** The largest value in bytes that any engine takes (JetStream's usual payload limit). */
export const largestValueSize = 1_048_576;

interface Rule {
  readonly allows: (value: unknown) => boolean;
  readonly expected: string;
}

const rules: { readonly [Field in keyof BucketConfig]: Rule } = {
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
};

/** Fills in the defaults. @returns a frozen copy @throws INVALID_CONFIG naming field, found and expected */
export function checkBucketConfig(config: Partial<BucketConfig> = {}): BucketConfig {
  for (const [field, value] of Object.entries(config)) {
    if (value !== undefined) checkField(field, value);
  }
  const given = Object.entries(config).filter(([, value]) => value !== undefined);
  const full: BucketConfig = { ...defaultBucketConfig, ...Object.fromEntries(given) };
  return deepFreeze({ ...full, metadata: { ...full.metadata } });
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

function namedTexts(value: unknown): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return Object.entries(value).every(
    ([name, text]) => typeof text === "string" && name !== "" && !name.startsWith("_nats"),
  );
}
