/** One entry of a bucket as programs see it in JSON. */
import type { JsonObject } from "../lib/json.ts";
import type { Entry } from "./store.ts";

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * `value` when the bytes are UTF-8, else `valueBase64`; neither with `withoutValue`. Times are ISO 8601;
 * `ttlMs` only of an entry that has a life of its own.
 */
export function entryJson(entry: Entry, options: { readonly withoutValue?: boolean } = {}): JsonObject {
  const text = utf8(entry.value);
  const value = text === undefined ? { valueBase64: base64(entry.value) } : { value: text };
  return {
    bucket: entry.bucket,
    key: entry.key,
    ...(options.withoutValue ? {} : value),
    revision: entry.revision,
    created: entry.created.toISOString(),
    delta: entry.delta,
    operation: entry.operation,
    length: entry.length,
    ...(entry.ttlMs === undefined ? {} : { ttlMs: entry.ttlMs }),
  };
}

export function base64(value: Uint8Array): string {
  return Buffer.from(value).toString("base64");
}

/** undefined for what is no UTF-8. */
export function utf8(value: Uint8Array): string | undefined {
  try {
    return decoder.decode(value);
  } catch {
    return undefined;
  }
}
