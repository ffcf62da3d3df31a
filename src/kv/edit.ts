/** What may change of a bucket that exists, on every engine. */
import { isDeepStrictEqual } from "node:util";
import { MachinistError } from "../lib/errors.ts";
import { deepFreeze } from "../lib/json.ts";
import { checkBucketConfig } from "./config.ts";
import type { BucketConfig } from "./store.ts";

const changeable: ReadonlySet<string> = new Set<keyof BucketConfig>([
  "history",
  "ttlMs",
  "markerTtlMs",
  "maxValueSize",
  "maxBytes",
  "description",
  "metadata",
  "compression",
  "replicas",
]);

export interface Edit {
  /** The configuration as it will be. Frozen. */
  readonly config: BucketConfig;
  /** What differs from how it is: nothing, when all that is asked is so already. */
  readonly changed: Partial<BucketConfig>;
}

/**
 * @param found what the bucket is
 * @throws INVALID_CONFIG, UNSUPPORTED for a change that no bucket can take
 */
export function editOf(name: string, found: BucketConfig, asked: Partial<BucketConfig>): Edit {
  checkBucketConfig(asked);
  const before = new Map<string, unknown>(Object.entries(found));
  const differing = Object.entries(asked).filter(
    ([field, value]) => value !== undefined && !isDeepStrictEqual(value, before.get(field)),
  );
  for (const [field] of differing) if (!changeable.has(field)) throw fixed(name, field);
  const changed: Partial<BucketConfig> = Object.fromEntries(differing);
  if (found.markerTtlMs > 0 && changed.markerTtlMs === 0) throw staysOn(name);
  const config: BucketConfig = { ...found, ...changed };
  return { config: deepFreeze(structuredClone(config)), changed };
}

function fixed(name: string, field: string): MachinistError {
  return new MachinistError(
    "UNSUPPORTED",
    `${field} of bucket ${name} is fixed when it is made: make another bucket with it, and copy the entries (export, import)`,
    { details: { bucket: name, field } },
  );
}

/** As on NATS; entries that were promised a life of their own would stay for ever. */
function staysOn(name: string): MachinistError {
  return new MachinistError(
    "UNSUPPORTED",
    `markerTtlMs of bucket ${name} cannot be turned off, because its keys may have a ttl of their own: ` +
      "give it another value from 1000, or leave it out",
    { details: { bucket: name, field: "markerTtlMs" } },
  );
}
