import { describe, expect, it, onTestFinished } from "vitest";
import { openStore } from "../../../src/kv/open.ts";
import type { Store, WatchItem } from "../../../src/kv/store.ts";
import { startButlerDaemon } from "./butler-daemon.ts";
import { askedOf, type Butler, eachTime, places, refused, startOn, stores } from "./harness.ts";

const KV = "/v4/keyvalues";

async function* shown(store: Store): AsyncGenerator<string> {
  await store.createBucket("BUTLER", {
    description: "Butler's key-value pairs: key NAMESPACE.KEY, value as text",
  });
  const bucket = await store.openBucket("BUTLER");
  await using watch = bucket.watch();
  for await (const item of watch) yield textOf(item);
}

function textOf(item: WatchItem): string {
  if (item.operation === "READY") return "READY";
  return `${item.operation} ${item.key} ${item.string()}`.trimEnd();
}

async function take(items: AsyncGenerator<string>, count: number): Promise<string[]> {
  const taken: string[] = [];
  while (taken.length < count) {
    const { done, value } = await items.next();
    if (done) break;
    taken.push(value);
  }
  return taken;
}

describe.each(stores)("Butler's pairs in the store, $name", (place) => {
  const start = eachTime(place);

  it("are plain entries, and who watches sees each change once", async () => {
    const { store, post, ask } = await start();
    const items = shown(store);
    expect(await take(items, 1)).toEqual(["READY"]);
    await post("ns1", { key: "limits.memory", value: "512", ttl: 60_000 });
    await post("Sales%20ETL", { key: "k", value: "v" });
    await post("Sales%20ETL", { key: "k", value: "w" });
    await ask("DELETE", `${KV}/ns1/limits.memory`);
    await ask("DELETE", `${KV}/Sales%20ETL`);
    expect(await take(items, 5)).toEqual([
      "PUT ns1.limits.memory 512",
      "PUT Sales=20ETL.k v",
      "PUT Sales=20ETL.k w",
      "DEL ns1.limits.memory",
      "DEL Sales=20ETL.k",
    ]);
    await items.return(undefined);
  });

  it("whose ttl is over are deleted soon after, though nobody reads them", async () => {
    const { store, post, clock, get } = await start();
    const items = shown(store);
    await take(items, 1);
    await clock.advance(1000);
    await post("ns1", { key: "k1", value: "v1", ttl: 5000 });
    await post("ns1", { key: "k2", value: "v2", ttl: 5000 });
    await post("ns1", { key: "k2", value: "stays" });
    await clock.advance(5000);
    expect(await take(items, 4)).toEqual([
      "PUT ns1.k1 v1",
      "PUT ns1.k2 v2",
      "PUT ns1.k2 stays",
      "DEL ns1.k1",
    ]);
    await items.return(undefined);
    expect((await get("/v4/keylist/ns1")).body).toEqual({ namespace: "ns1", keys: [{ key: "k2" }] });
  });

  it("that others write are Butler's too: they end a deadline, and come last", async () => {
    const { store, post, get, clock } = await start();
    await post("ns1", { key: "b", value: "v", ttl: 1000 });
    const bucket = await store.openBucket("BUTLER");
    await bucket.put("ns1.a", "of others");
    await bucket.put("ns1.b", "of others");
    await bucket.put("theirs.k", "of others");
    clock.leap(1000);
    expect(await get(`${KV}/ns1?key=b`)).toMatchObject({ status: 200, body: { value: "of others" } });
    expect((await get("/v4/keylist/ns1")).body).toMatchObject({ keys: [{ key: "b" }, { key: "a" }] });
    expect((await get("/v4/keyvaluesnamespaces")).body).toEqual(["ns1", "theirs"]);
    expect(await get(`${KV}/theirs?key=no`)).toMatchObject(
      refused("Key 'no' not found in namespace: theirs"),
    );
    await bucket.delete("ns1.b");
    expect(await get(`${KV}/ns1?key=b`)).toMatchObject(refused("Key 'b' not found in namespace: ns1"));
  });

  it("are shared by the daemons of several hosts", async () => {
    const one = await start();
    const other = await one.another();
    await one.post("ns1", { key: "k", value: "v1", ttl: 1000 });
    await other.post("ns1", { key: "k", value: "v2" });
    one.clock.leap(1000);
    expect(await one.get(`${KV}/ns1?key=k`)).toMatchObject({ status: 200, body: { value: "v2" } });
    await Promise.all(
      [one, other].flatMap(({ post }) =>
        ["a", "b", "c"].map((key) => post("both", { key, value: "v", ttl: 1000 })),
      ),
    );
    one.clock.leap(1000);
    expect((await other.get("/v4/keylist/both")).body).toEqual({ namespace: "both", keys: [] });
  });

  it("a bucket with a history of its own is taken as it is, one that was destroyed is made again", async () => {
    const { store, post, get } = await start();
    await store.createBucket("BUTLER", { history: 5 });
    for (const value of ["1", "2"]) await post("ns1", { key: "k", value });
    await post("ns1", { key: "l", value: "1" });
    expect((await get("/v4/keylist/ns1")).body).toMatchObject({ keys: [{ key: "k" }, { key: "l" }] });
    const bucket = await store.openBucket("BUTLER");
    expect((await bucket.get("ns1.k", { revision: 1 }))?.string()).toBe("1");
    await store.destroyBucket("BUTLER");
    await store.destroyBucket("BUTLER_NOTES");
    expect((await get("/v4/keyvaluesnamespaces")).body).toEqual([]);
    expect((await post("ns1", { key: "k", value: "new" })).status).toBe(201);
  });

  it("nothing of before is left when the bucket was destroyed without that of the notes", async () => {
    const { store, post, get, clock } = await start();
    for (const key of ["a", "b", "c"]) await post("ns1", { key, value: "v", ttl: 1000 });
    await store.destroyBucket("BUTLER");
    for (const key of ["c", "b", "a"]) expect((await post("ns2", { key, value: "v" })).status).toBe(201);
    expect((await post("ns1", { key: "a", value: "new" })).status).toBe(201);
    clock.leap(1000);
    expect((await get("/v4/keyvaluesnamespaces")).body).toEqual(["ns2", "ns1"]);
    expect(await get(`${KV}/ns1?key=a`)).toMatchObject({ status: 200, body: { value: "new" } });
  });

  it("names that are longer than the store takes are refused, and nothing is written", async () => {
    const { post, get } = await start();
    expect((await post("ns1", { key: "x".repeat(1020), value: "v" })).status).toBe(201);
    const answer = await post("ns2", { key: "x".repeat(1021), value: "v" });
    expect(answer).toMatchObject({
      status: 400,
      body: {
        error: "Bad Request",
        message: expect.stringContaining("it has 1025 bytes, the limit is 1024"),
      },
    });
    expect((await get("/v4/keyvaluesnamespaces")).body).toEqual(["ns1"]);
  });
});

describe.each(places)("a restart with Butler's pairs on $name", (place) => {
  it("B66: memory forgets everything, a store only what has ended meanwhile", async () => {
    const { url, end } = await place.start();
    onTestFinished(end);
    const first = await begin(url, place.memory);
    await first.butler.post("ns1", { key: "stays", value: "v" });
    await first.butler.post("ns1", { key: "goes", value: "v", ttl: 5000 });
    await first.butler.post("gone", { key: "goes", value: "v", ttl: 5000 });
    await first.stop();
    first.butler.clock.leap(5000);
    const { butler, stop } = await begin(url, place.memory, first.butler);
    const kept = place.memory ? [] : ["ns1", "gone"];
    expect((await butler.get("/v4/keyvaluesnamespaces")).body).toEqual(kept);
    if (place.memory) {
      expect(await butler.store.listBuckets()).toEqual([]);
    } else {
      expect((await butler.get("/v4/keylist/ns1")).body).toEqual({
        namespace: "ns1",
        keys: [{ key: "stays" }],
      });
      expect((await butler.get("/v4/keylist/gone")).body).toEqual({ namespace: "gone", keys: [] });
      const items = shown(butler.store);
      const before = await take(items, 1);
      await butler.clock.advance(0);
      // What ended while nobody ran is deleted now, in whatever order.
      const seen = [...before, ...(await take(items, 5))].filter((item) => item.startsWith("DEL"));
      expect(seen.toSorted()).toEqual(["DEL gone.goes", "DEL ns1.goes"]);
      await items.return(undefined);
    }
    await stop();
  });

  async function begin(url: string, memory: boolean, before?: Butler) {
    const store = await openStore(url);
    const butler = before ? await before.another({ store, memory }) : await startOn(store, { memory });
    const stop = async (): Promise<void> => {
      await butler.close();
      await store.close();
    };
    onTestFinished(stop);
    return { butler, stop };
  }
});

it.each([
  ["keeps in its memory", true, []],
  ["keeps in its store", false, ["ns1", "gone"]],
])("B66: of what the built daemon %s is there after a restart, what should", async (_, memory, kept) => {
  const first = await startButlerDaemon({ memory });
  const { post } = askedOf(first);
  await post("ns1", { key: "stays", value: "v" });
  for (const name of ["ns1", "gone"]) await post(name, { key: "goes", value: "v", ttl: 5000 });
  const again = await first.restart(5000);
  onTestFinished(() => again.end());
  const { get } = askedOf(again);
  expect((await get("/v4/keyvaluesnamespaces")).body).toEqual(kept);
  expect((await get("/v4/keyvalues/ns1?key=stays")).status).toBe(memory ? 400 : 200);
  expect((await get("/v4/keyvalues/ns1?key=goes")).status).toBe(400);
});
