/** What values mean: text, JSON, a type of one's own. */
import { MachinistError } from "../lib/errors.ts";
import type { Json } from "../lib/json.ts";
import type { Entry, Value } from "./store.ts";

/** Turns values into what is stored, and back. `decode` of what `encode` made is an equal value. */
export interface Codec<T> {
  /** What the bytes should be, for messages: `JSON`. */
  readonly name: string;
  /**
   * @example
   * json.encode({ jobs: 4 }); // => '{"jobs":4}'
   */
  encode(value: T): Value;
  /**
   * Throws for bytes that are something else. What it throws is the cause of BAD_VALUE, and should not hold the value.
   * @example
   * text.decode(Buffer.from("hello")); // => "hello"
   */
  decode(bytes: Uint8Array): T;
}

/** Bytes as they are. */
export const bytes: Codec<Uint8Array> = {
  name: "bytes",
  encode: (value) => value,
  decode: (stored) => stored,
};

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Text, stored as UTF-8. Bytes that are no UTF-8 are BAD_VALUE. */
export const text: Codec<string> = {
  name: "UTF-8 text",
  encode: (value) => value,
  decode: (stored) => utf8.decode(stored),
};

/** Any JSON value. */
export const json: Codec<Json> = jsonOf("JSON", (value) => value);

/**
 * JSON of one shape. What comes out of a bucket may have been written by anybody, so it is checked.
 * @param name of the shape, for messages
 * @param check returns the value as what it is, or throws
 * @example
 * const limit = jsonOf("a limit", (value) => {
 *   if (typeof value !== "number") throw new Error("no number");
 *   return value;
 * });
 * await bucket.put("jobs", "4");
 * (await withCodec(bucket, limit).get("jobs"))?.value; // => 4
 */
export function jsonOf<T>(name: string, check: (value: Json) => T): Codec<T> {
  return {
    name,
    encode: (value) => JSON.stringify(value),
    decode: (stored) => check(parsed(utf8.decode(stored))),
  };
}

/** @throws BAD_VALUE, which names bucket, key and revision */
export function decodeEntry<T>({ bucket, key, revision, value }: Entry, codec: Codec<T>): T {
  try {
    return codec.decode(value);
  } catch (cause) {
    throw new MachinistError(
      "BAD_VALUE",
      `key ${key} of bucket ${bucket} at revision ${revision} is not ${codec.name}: put another value, or read it as bytes`,
      { details: { bucket, key, revision }, cause },
    );
  }
}

function parsed(written: string): Json {
  try {
    return JSON.parse(written);
  } catch {
    // What JSON.parse says quotes from the value.
    throw new Error("no JSON");
  }
}
