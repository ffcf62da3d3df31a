import { describe, expect, it } from "vitest";
import { askedEachTime, daemon, invalid, places, refused } from "./harness.ts";

const KV = "/v4/keyvalues";

describe.each([...places, daemon])("the ttl of Butler's pairs on $name", (place) => {
  const start = askedEachTime(place);

  it("B05: is given in ms, and answered", async () => {
    const { post } = await start();
    const answer = await post("t", { key: "k", value: "v", ttl: 60_000 });
    expect(answer.status).toBe(201);
    expect(answer.body).toEqual({ namespace: "t", key: "k", value: "v", ttl: 60_000 });
  });

  it("B06: may be text, as the helper script of Butler sends it", async () => {
    const { post, get, clock } = await start();
    expect(await post("t", { key: "k", value: "v", ttl: "60000" })).toMatchObject({
      status: 201,
      body: { ttl: 60_000 },
    });
    clock.leap(60_000);
    expect((await get(`${KV}/t?key=k`)).status).toBe(400);
  });

  it("B07: that is no number is refused, and nothing written", async () => {
    const { post, get } = await start();
    for (const ttl of ["abc", "", {}, [1, 2]]) {
      expect(await post("t", { key: "k", value: "v", ttl })).toMatchObject(
        invalid("body/ttl must be number"),
      );
    }
    expect((await get("/v4/keyvaluesnamespaces")).body).toEqual([]);
  });

  it("B08: 0 takes it away", async () => {
    const { post, get, clock } = await start();
    await post("t", { key: "k", value: "first", ttl: 100 });
    await post("t", { key: "k", value: "second", ttl: 0 });
    clock.leap(150);
    expect(await get(`${KV}/t?key=k`)).toMatchObject({ status: 200, body: { value: "second" } });
  });

  it("B09: ends the pair to the millisecond, and leaves the namespace", async () => {
    const { post, get, clock } = await start();
    await post("t", { key: "k", value: "v", ttl: 100 });
    clock.leap(99);
    expect((await get(`${KV}/t?key=k`)).status).toBe(200);
    clock.leap(1);
    expect(await get(`${KV}/t?key=k`)).toMatchObject(refused("Key 'k' not found in namespace: t"));
    const exists = await get(`${KV}/t/keyexists?key=k`);
    expect(exists.status).toBe(200);
    expect(exists.body).toEqual({ keyExists: false, keyValue: {} });
    expect((await get("/v4/keylist/t")).body).toEqual({ namespace: "t", keys: [] });
    expect(await get("/v4/keyvaluesnamespaces")).toMatchObject({ status: 200, body: ["t"] });
  });

  it("B10: begins anew with each write, not with reads", async () => {
    const { post, get, clock } = await start();
    await post("t", { key: "k", value: "first", ttl: 300 });
    clock.leap(200);
    await post("t", { key: "k", value: "second", ttl: 300 });
    clock.leap(200);
    expect(await get(`${KV}/t?key=k`)).toMatchObject({ status: 200, body: { value: "second" } });
    clock.leap(100);
    expect((await get(`${KV}/t?key=k`)).status).toBe(400);
  });

  it("B11: a write without one takes it away", async () => {
    const { post, get, clock } = await start();
    await post("t", { key: "k", value: "first", ttl: 100 });
    await post("t", { key: "k", value: "second" });
    clock.leap(150);
    expect(await get(`${KV}/t?key=k`)).toMatchObject({ status: 200, body: { value: "second" } });
  });

  it("B13: is cut to whole ms", async () => {
    const { post } = await start();
    expect(await post("t", { key: "k", value: "v", ttl: 1500.7 })).toMatchObject({
      status: 201,
      body: { ttl: 1500 },
    });
    expect(await post("t", { key: "k", value: "v", ttl: true })).toMatchObject({ body: { ttl: 1 } });
  });

  it.each([
    [-5, -5],
    [0.5, 0],
    [null, 0],
  ])("B14: %j is no ttl", async (ttl, answered) => {
    const { post, get, clock } = await start();
    expect(await post("t", { key: "k", value: "v", ttl })).toMatchObject({
      status: 201,
      body: { ttl: answered },
    });
    clock.leap(365 * 24 * 60 * 60 * 1000);
    expect(await get(`${KV}/t?key=k`)).toMatchObject({ status: 200, body: { value: "v" } });
  });

  it("B61: what has ended cannot be deleted, read before or not", async () => {
    const { post, ask, clock } = await start();
    await post("exp", { key: "e", value: "v", ttl: 100 });
    clock.leap(100);
    for (let time = 0; time < 2; time++) {
      const answer = await ask("DELETE", `${KV}/exp/e`);
      expect(answer).toMatchObject(refused("Key 'e' not found in namespace: exp"));
    }
  });

  it("a pair that has ended and is written again is a new one", async () => {
    const { post, get, clock } = await start();
    await post("t", { key: "k", value: "first", ttl: 100 });
    await post("t", { key: "other", value: "v" });
    clock.leap(100);
    await post("t", { key: "k", value: "second" });
    expect(await get(`${KV}/t?key=k`)).toMatchObject({ status: 200, body: { value: "second" } });
    expect((await get("/v4/keylist/t")).body).toMatchObject({ keys: [{ key: "other" }, { key: "k" }] });
  });
});
