/** What a program sees right after its own write, while a follower does not hear from the leader. */
import { expect, it } from "vitest";
import { openMirror } from "../../../src/kv/mirror.ts";
import { openStore } from "../../../src/kv/open.ts";
import { codeFrom, initial, listed, shown, taken } from "../contract/harness.ts";
import { startLaggingCluster } from "../fixtures/lagging-cluster.ts";

/** The server places a third of the consumers on the follower that lags. */
const rounds = 20;

it("keys, history, watch and mirror: have the caller's own put at once while a follower lags", async () => {
  await using cluster = await startLaggingCluster();
  await using store = await openStore(cluster.url);
  const bucket = await store.createBucket("OWN", { replicas: 3, history: 5 });
  await cluster.lag("OWN");
  for (let round = 1; round <= rounds; round++) {
    const revision = await bucket.put(`key.${round}`, "1");
    await using mirror = openMirror(store, "OWN", { filter: "key.*" });
    const [keys, history, seen] = await Promise.all([
      listed(bucket.keys("key.*")),
      listed(bucket.history("key.*")),
      initial(bucket.watch("key.*", { resumeFromRevision: revision })),
      mirror.waitFor(revision),
    ]);
    expect(keys).toHaveLength(round);
    expect(history).toHaveLength(round);
    expect(seen).toEqual([`PUT:key.${round}=1@${revision}/0`, "READY"]);
    expect([...mirror.keys()]).toHaveLength(round);
  }
});

it("keys and history: do not have what the caller removed while a follower lags", async () => {
  await using cluster = await startLaggingCluster();
  await using store = await openStore(cluster.url);
  const bucket = await store.createBucket("OWN", { replicas: 3, history: 5 });
  await cluster.lag("OWN");
  for (let round = 1; round <= rounds; round++) {
    for (const key of ["a", "b", "c"]) await bucket.put(key, "1");
    await bucket.delete("a");
    await bucket.purge("b");
    expect(await listed(bucket.keys())).toEqual(["c"]);
    await bucket.purgeDeletes(0);
    expect((await listed(bucket.history())).map(shown)).toEqual([expect.stringMatching(/^PUT:c=1@/)]);
    await bucket.empty();
    expect(await listed(bucket.keys())).toEqual([]);
  }
});

it("destroyBucket: ends watches after everything that was written before, while a follower lags", async () => {
  await using cluster = await startLaggingCluster();
  await using store = await openStore(cluster.url);
  for (let round = 1; round <= 8; round++) {
    const bucket = await store.createBucket(`GONE${round}`, { replicas: 3 });
    const watch = bucket.watch(">", { updatesOnly: true });
    expect(await taken(watch, 1)).toEqual(["READY"]);
    await cluster.lag(bucket.name);
    await bucket.put("a", "1");
    await store.destroyBucket(bucket.name);
    expect(await taken(watch, 1)).toEqual(["PUT:a=1@1/0"]);
    expect(await codeFrom(() => watch.next())).toBe("BUCKET_NOT_FOUND");
  }
});
