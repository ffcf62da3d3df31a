/** Changes of single keys, as they are asked for over HTTP. */
import type { Static } from "typebox";
import { entryJson } from "../kv/entry-json.ts";
import type { Bucket, Value } from "../kv/store.ts";
import { MachinistError } from "../lib/errors.ts";
import type { Json } from "../lib/json.ts";
import type { Condition } from "./conditions.ts";
import type { newValue, operation } from "./kv-shapes.ts";

export type NewValue = Static<typeof newValue>;

/** @returns its revision. @throws INVALID_ARGUMENT, WRONG_REVISION, KEY_EXISTS, store errors */
export async function write(
  bucket: Bucket,
  key: string,
  body: NewValue,
  condition: Condition,
): Promise<number> {
  const value = valueIn(body);
  const { ttlMs } = body;
  if (condition === "absent") return bucket.create(key, value, ttlMs === undefined ? {} : { ttlMs });
  if (ttlMs !== undefined)
    throw new MachinistError("INVALID_ARGUMENT", "ttlMs is for new keys: send If-None-Match: * with it");
  const expectedRevision = await expected(bucket, key, condition);
  return expectedRevision === undefined
    ? bucket.put(key, value)
    : bucket.update(key, value, expectedRevision);
}

/** @returns the marker's revision. @throws as `write` */
export async function remove(
  bucket: Bucket,
  key: string,
  { purge, condition }: { readonly purge: boolean; readonly condition: Condition },
): Promise<number> {
  if (condition === "absent")
    throw new MachinistError("INVALID_ARGUMENT", "what is to be removed cannot be asked not to be there");
  const expectedRevision = await expected(bucket, key, condition);
  const options = expectedRevision === undefined ? {} : { expectedRevision };
  return purge ? bucket.purge(key, options) : bucket.delete(key, options);
}

/** One operation of a batch, and what came of it: never throws what the operation is to blame for. */
export async function perform(bucket: Bucket, asked: Static<typeof operation>): Promise<Json> {
  const { key } = asked;
  try {
    if (asked.op !== "get") return { key, revision: await change(bucket, asked) };
    const found = await bucket.get(key);
    return { key, entry: found && entryJson(found) };
  } catch (cause) {
    if (!(cause instanceof MachinistError)) throw cause;
    return { key, error: { code: cause.code, message: cause.message } };
  }
}

function change(bucket: Bucket, asked: Static<typeof operation>): Promise<number> {
  const { op, key, revision } = asked;
  const condition = revision === undefined ? "none" : { revision };
  if (op === "create") return write(bucket, key, asked, "absent");
  if (op === "delete" || op === "purge") return remove(bucket, key, { purge: op === "purge", condition });
  if ((op === "update") === (revision !== undefined)) return write(bucket, key, asked, condition);
  const message =
    op === "put" ? "put takes no revision: use update" : "update needs the revision it replaces";
  throw new MachinistError("INVALID_ARGUMENT", message);
}

/** The revision that the newest entry must have; undefined: any. */
async function expected(bucket: Bucket, key: string, condition: Condition): Promise<number | undefined> {
  if (typeof condition === "object") return condition.revision;
  if (condition !== "present") return undefined;
  const found = await bucket.get(key);
  if (found) return found.revision;
  throw new MachinistError("WRONG_REVISION", `key ${key} of bucket ${bucket.name} has no value`);
}

function valueIn({ value, valueBase64 }: NewValue): Value {
  if (value !== undefined && valueBase64 === undefined) return value;
  if (value !== undefined || valueBase64 === undefined)
    throw new MachinistError("INVALID_ARGUMENT", "send either value or valueBase64");
  if (/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(valueBase64))
    return Buffer.from(valueBase64, "base64");
  throw new MachinistError("INVALID_ARGUMENT", "valueBase64 is not base64");
}
