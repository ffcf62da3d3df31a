/** What keep_on_outage takes for an outage: the bucket cannot be read, or is another one than it was. Pure. */
import type { BucketStatus } from "../../src/kv/store.ts";
import { codeOf } from "../../src/lib/errors.ts";
import { isJsonObject, type Json } from "../../src/lib/json.ts";

/** Faults of what was asked for, which are no outage. */
const faults: ReadonlySet<string> = new Set(["INVALID_KEY", "INVALID_ARGUMENT", "INVALID_BUCKET"]);

/** @param cause why a read failed */
export function isOutage(cause: unknown): boolean {
  return !faults.has(codeOf(cause));
}

/**
 * Why a key that is not there, without a marker of its deletion, was lost together with its bucket; undefined when it was not.
 * @param cursor what was remembered when the key was there
 */
export function lossOf(cursor: Json | undefined, status: BucketStatus): string | undefined {
  const { created, revision } = rememberedOf(cursor, status.bucket);
  if (created !== "" && created !== status.created.toISOString())
    return "the bucket was destroyed and created again";
  if (revision > status.revision) return "the bucket was put back to an earlier revision";
  return status.revision === 0 ? "the bucket is new and empty" : undefined;
}

function rememberedOf(
  cursor: Json | undefined,
  bucket: string,
): { readonly created: string; readonly revision: number } {
  if (!isJsonObject(cursor) || cursor["bucket"] !== bucket) return { created: "", revision: 0 };
  const { created, seen } = cursor;
  const revisions = Object.values(isJsonObject(seen) ? seen : {}).filter((one) => typeof one === "number");
  return { created: typeof created === "string" ? created : "", revision: Math.max(0, ...revisions) };
}
