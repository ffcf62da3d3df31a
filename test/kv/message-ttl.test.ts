/** What the JetStream engine makes of a ttl, and of what other clients write into the header. */
import { headers } from "nats";
import { describe, expect, it } from "vitest";
import { checkTtlServer, givenTtl, ownTtlOf } from "../../src/kv/engines/jetstream/message-ttl.ts";
import { ServerVersion } from "../../src/kv/engines/jetstream/server-version.ts";
import { defaultBucketConfig } from "../../src/kv/store.ts";

const bucket = { name: "B", config: { ...defaultBucketConfig, markerTtlMs: 3000 } };

describe("the ttl of a message", () => {
  it.each([
    [1000, 1, 1000],
    [1001, 1, 2000],
    [1000, 2, 3000],
    [4500, 2, 5000],
  ])("%i ms in a bucket with history %i is %i ms", (asked, history, given) => {
    expect(givenTtl({ ...bucket, config: { ...bucket.config, history } }, asked)).toBe(given);
  });

  it.each([
    ["5", 5000],
    ["1500ms", 1000],
    ["1h30m", 5_400_000],
    ["never", undefined],
    ["", undefined],
  ])("the header %j is %s ms", (text, ttlMs) => {
    const all = headers();
    all.set("Nats-TTL", text);
    expect(ownTtlOf(bucket.config, all)).toBe(ttlMs);
    expect(ownTtlOf({ ...bucket.config, markerTtlMs: 0 }, all)).toBeUndefined();
    expect(ownTtlOf({ ...bucket.config, ttlMs: 1000 }, all)).toBeUndefined();
  });

  it("is refused when the server that answers now is too old, with both versions", () => {
    expect(() => checkTtlServer(bucket, new ServerVersion("2.10.29"))).toThrow(/version 2\.10\.29, 2\.11\.0/);
    expect(() => checkTtlServer(bucket, new ServerVersion("2.11.0"))).not.toThrow();
  });
});
