import { describe, expect, it } from "vitest";
import { checkBucketConfig } from "../../src/kv/config.ts";
import { defaultBucketConfig } from "../../src/kv/store.ts";

describe("bucket configuration", () => {
  it("fills in the defaults and freezes", () => {
    const metadata = { team: "a" };
    const config = checkBucketConfig({ history: 5, metadata });
    expect(config).toEqual({ ...defaultBucketConfig, history: 5, metadata });
    expect(Object.isFrozen(config)).toBe(true);
    expect(Object.isFrozen(config.metadata)).toBe(true);
    expect(Object.isFrozen(metadata)).toBe(false);
  });

  it.each([
    [{ history: 65 }, "history is 65, expected a whole number from 1 to 64"],
    [{ ttlMs: 99 }, "ttlMs is 99, expected 0 (none) or whole milliseconds from 100"],
    [{ markerTtlMs: 999 }, "markerTtlMs is 999, expected 0 (none) or whole milliseconds from 1000"],
    [
      { maxValueSize: 2_000_000 },
      "maxValueSize is 2000000, expected -1 (no own limit) or whole bytes from 1 to 1048576",
    ],
    [{ maxBytes: -2 }, "maxBytes is -2, expected -1 (no limit) or whole bytes from 1"],
    [{ description: 5 }, "description is 5, expected text of at most 4096 characters"],
    [{ metadata: { a: 1 } }, 'metadata is {"a":1}, expected an object of texts, no name starting with _nats'],
    [{ storage: "disk" }, 'storage is "disk", expected "file" or "memory"'],
    [{ compression: "yes" }, 'compression is "yes", expected true or false'],
    [{ replicas: 2 }, "replicas is 2, expected 1, 3 or 5"],
    [{ placement: {} }, "placement is {}, expected an object with a cluster, tags, or both"],
    [{ placement: { tags: [""] } }, 'placement is {"tags":[""]}, expected'],
    [
      { republish: {} },
      "republish is {}, expected an object with a destination, and maybe source and headersOnly",
    ],
    [{ republish: { destination: "a..b" } }, 'republish is {"destination":"a..b"}, expected'],
    [{ mirror: { bucket: "a.b" } }, 'mirror is {"bucket":"a.b"}, expected an object with a bucket'],
    [{ mirror: { bucket: "A", domain: "x.y" } }, 'mirror is {"bucket":"A","domain":"x.y"}, expected'],
    [{ mirror: { bucket: "A", api: "x" } }, 'mirror is {"bucket":"A","api":"x"}, expected'],
    [{ sources: [] }, "sources is [], expected a list of objects with a bucket"],
    [{ sources: [{ bucket: "" }] }, 'sources is [{"bucket":""}], expected'],
    [{ histroy: 5 }, '"histroy" is no setting of a bucket, expected one of history, ttlMs,'],
  ])("refuses %j", (config, message) => {
    expect(() => checkBucketConfig(Object(config))).toThrow(`bucket configuration: ${message}`);
  });
});
