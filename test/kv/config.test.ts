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
    [{ histroy: 5 }, '"histroy" is no setting of a bucket, expected one of history, ttlMs,'],
  ])("refuses %j", (config, message) => {
    expect(() => checkBucketConfig(Object(config))).toThrow(`bucket configuration: ${message}`);
  });
});
