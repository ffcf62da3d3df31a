/** Codecs, and buckets read and written through them. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, expectTypeOf, it } from "vitest";
import { bytes, type Codec, json, jsonOf, text } from "../../src/kv/codec.ts";
import { openStore } from "../../src/kv/open.ts";
import type { Bucket, Store } from "../../src/kv/store.ts";
import { withCodec } from "../../src/kv/typed-bucket.ts";
import { MachinistError } from "../../src/lib/errors.ts";
import type { Json } from "../../src/lib/json.ts";
import { codeFrom, listed } from "./contract/harness.ts";

let directory: string;
let store: Store;
let bucket: Bucket;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "machinist-kv-"));
  store = await openStore(directory);
  bucket = await store.createBucket("B", { history: 5 });
});

afterEach(async () => {
  await store.close();
  await rm(directory, { recursive: true });
});

interface Release {
  readonly version: string;
}

const release: Codec<Release> = jsonOf("a release", (value) => {
  if (typeof value !== "object" || value === null || !("version" in value)) throw new Error("no version");
  const { version } = value;
  if (typeof version !== "string") throw new Error("version is no text");
  return { version };
});

describe("a codec", () => {
  it("gives back what it was given", () => {
    const again = <T>(codec: Codec<T>, value: T) =>
      codec.decode(new Uint8Array(Buffer.from(codec.encode(value))));
    const wholeText = fc.string({ unit: "grapheme" });
    const holds = <T>(values: fc.Arbitrary<T>, codec: Codec<T>) =>
      fc.assert(
        fc.property(values, (value) => {
          expect(again(codec, value)).toEqual(value);
        }),
      );
    holds(wholeText, text);
    holds(fc.uint8Array(), bytes);
    holds<Json>(
      fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value))),
      json,
    );
    expect(again(text, "\ufeffa")).toBe("\ufeffa");
  });

  it.each([
    [json, new Uint8Array([0xff])],
    [json, new Uint8Array(0)],
    [text, new Uint8Array([0xc3])],
    [release, Buffer.from('"1.0"')],
  ])("$name refuses other bytes", (codec, stored) => {
    expect(() => codec.decode(stored)).toThrow();
  });
});

describe("a bucket with a codec", () => {
  it("reads what it wrote, typed", async () => {
    const releases = withCodec(bucket, release);
    expect(await releases.create("web", { version: "1" })).toBe(1);
    expect(await releases.update("web", { version: "2" }, 1)).toBe(2);
    expect(await releases.put("web", { version: "3" }, { expectedRevision: 2 })).toBe(3);
    const entry = await releases.get("web");
    expectTypeOf(entry?.value).toEqualTypeOf<Release | undefined>();
    expect(entry).toMatchObject({ bucket: "B", key: "web", revision: 3, delta: 0, operation: "PUT" });
    expect(entry?.value).toEqual({ version: "3" });
    expect((await releases.get("web", { revision: 1 }))?.value).toEqual({ version: "1" });
    expect(await releases.get("other")).toBeNull();
    expect((await bucket.get("web"))?.string()).toBe('{"version":"3"}');
  });

  it("shows markers without a value, in history and watch too", async () => {
    const texts = withCodec(bucket, text);
    await texts.put("a", "1");
    await bucket.delete("a");
    expect(await texts.get("a")).toBeNull();
    expect(await texts.entry("a")).toMatchObject({ operation: "DEL", revision: 2 });
    const shown = (await listed(texts.history(">"))).map((entry) =>
      entry.operation === "PUT" ? entry.value : entry.operation,
    );
    expect(shown).toEqual(["1", "DEL"]);
    await using watch = texts.watch("a", { includeHistory: true });
    const operations: string[] = [];
    for await (const item of watch) {
      operations.push(item.operation === "PUT" ? item.value : item.operation);
      if (item.operation === "READY") await texts.put("a", "2");
      if (operations.length === 4) break;
    }
    expect(operations).toEqual(["1", "DEL", "READY", "2"]);
    expect(await watch.next()).toEqual({ done: true, value: undefined });
  });

  it("a bad value is BAD_VALUE with its place and without the value, and ends no watch", async () => {
    const releases = withCodec(bucket, release);
    await bucket.put("web", "{ secret");
    await releases.put("web", { version: "1" });
    const [bad, good] = await listed(releases.history("web"));
    const error = failureOf(() => bad?.operation === "PUT" && bad.value);
    expect(error).toMatchObject({ code: "BAD_VALUE", details: { bucket: "B", key: "web", revision: 1 } });
    expect(error.message).toBe(
      "key web of bucket B at revision 1 is not a release: put another value, or read it as bytes",
    );
    expect(`${error.message} ${String(error.cause)}`).not.toContain("secret");
    expect(good?.operation === "PUT" && good.value).toEqual({ version: "1" });
  });

  it("a value that cannot be encoded is a rejection, and nothing is written", async () => {
    const values = withCodec<unknown>(bucket, { ...json, encode: (value) => JSON.stringify(value) });
    expect(await codeFrom(() => values.put("a", undefined))).toBe("INVALID_ARGUMENT");
    await expect(values.put("a", 1n)).rejects.toThrow(TypeError);
    expect((await bucket.status()).revision).toBe(0);
  });
});

function failureOf(work: () => unknown): MachinistError {
  try {
    work();
  } catch (error) {
    if (error instanceof MachinistError) return error;
  }
  throw new Error("it did not fail as it should");
}
