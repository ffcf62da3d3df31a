/** Which keys a look is about, and where their values are kept in the machine's data. Pure. */
import { hasWildcards } from "../../src/kv/names.ts";
import { MachinistError } from "../../src/lib/errors.ts";
import type { KvProperties } from "./properties.ts";

/** What the templates of a kv watcher came to for one look. */
export interface Target {
  readonly bucket: string;
  /** A key, or a filter. */
  readonly key: string;
  /** Takes the place of the key in data keys; undefined: the key itself. */
  readonly storeKey: string | undefined;
  readonly bucketPrefix: boolean;
  /** Data key under which the watcher keeps what it handled last: its own name. undefined when it keeps none. */
  readonly reportKey: string | undefined;
}

/** @throws BAD_VALUE when `store_key` would have to hold several keys */
export function targetOf(
  properties: Pick<KvProperties, "bucket" | "bucketPrefix" | "deliver">,
  rendered: { readonly key: string; readonly storeKey: string | undefined },
  watcher: string,
): Target {
  const { bucket, bucketPrefix, deliver } = properties;
  const { key } = rendered;
  const storeKey = rendered.storeKey || undefined;
  if (storeKey !== undefined && hasWildcards(key)) {
    throw new MachinistError(
      "BAD_VALUE",
      `key "${key}" can match several keys, which one store_key cannot hold; remove store_key, or name one key`,
    );
  }
  const reportKey = hasWildcards(key) || deliver === "every" ? watcher : undefined;
  return { bucket, key, storeKey, bucketPrefix, reportKey };
}

/** `BUCKET_key`; `store_key` takes the place of the key, and without `bucket_prefix` the first part is left out. */
export function dataKeyOf(target: Target, key: string): string {
  const name = target.storeKey ?? key;
  return target.bucketPrefix ? `${target.bucket}_${name}` : name;
}

/** Why the value of a key cannot be kept: its place is where the watcher keeps what it handled last. */
export function collisionOf(target: Target, key: string): string | undefined {
  const dataKey = dataKeyOf(target, key);
  if (dataKey !== target.reportKey) return undefined;
  return `it would be stored as "${dataKey}", where the watcher of that name keeps what it handled last; rename the watcher or set bucket_prefix: true`;
}
