import { describe, expect, it } from "vitest";
import { askedEachTime, daemon, places, refused } from "./harness.ts";

const KV = "/v4/keyvalues";

describe.each([...places, daemon])("Butler's namespaces on $name", (place) => {
  const start = askedEachTime(place);

  it("B32: stay when their last key goes", async () => {
    const { post, get, ask } = await start();
    await post("one", { key: "k", value: "v" });
    await ask("DELETE", `${KV}/one/k`);
    expect(await get("/v4/keyvaluesnamespaces")).toMatchObject({ status: 200, body: ["one"] });
    const listed = await get("/v4/keylist/one");
    expect(listed.status).toBe(200);
    expect(listed.body).toEqual({ namespace: "one", keys: [] });
  });

  it("B33: are removed with their keys, and no other one", async () => {
    const { post, get, ask } = await start();
    for (const namespace of ["ns1", "ns2"])
      await post(namespace, { key: "k", value: namespace, ttl: 60_000 });
    await post("ns1", { key: "k2", value: "v" });
    expect(await ask("DELETE", `${KV}/ns1`)).toMatchObject({ status: 204, body: undefined });
    expect(await get("/v4/keylist/ns1")).toMatchObject(refused("Namespace not found: ns1"));
    expect(await get(`${KV}/ns2?key=k`)).toMatchObject({ status: 200, body: { value: "ns2" } });
    expect((await get("/v4/keyvaluesnamespaces")).body).toEqual(["ns2"]);
  });

  it("B34: made again after that are listed once, and have nothing of before", async () => {
    const { post, get, ask, clock } = await start();
    await post("again", { key: "k", value: "v", ttl: 1000 });
    await ask("DELETE", `${KV}/again`);
    await post("again", { key: "k", value: "new" });
    expect((await get("/v4/keyvaluesnamespaces")).body).toEqual(["again"]);
    clock.leap(1000);
    expect(await get(`${KV}/again?key=k`)).toMatchObject({ status: 200, body: { value: "new" } });
  });

  it("B35: that are not there cannot be removed", async () => {
    const { ask } = await start();
    expect(await ask("DELETE", `${KV}/nope`)).toMatchObject(refused("Namespace not found: nope"));
  });

  it("B36: that are not there cannot be listed", async () => {
    const { get } = await start();
    expect(await get("/v4/keylist/nope")).toMatchObject(refused("Namespace not found: nope"));
  });

  it("B38: list their keys as JSON", async () => {
    const { post, get } = await start();
    await post("ns1", { key: "k1", value: "v" });
    const answer = await get("/v4/keylist/ns1");
    expect(answer).toMatchObject({ status: 200, body: { namespace: "ns1", keys: [{ key: "k1" }] } });
    expect(answer.headers["content-type"]).toBe("application/json; charset=utf-8");
  });

  it("B39: are listed in the order in which they were made", async () => {
    const { post, get } = await start();
    for (const namespace of ["z", "a", "m"]) await post(namespace, { key: "k", value: "v" });
    await post("z", { key: "k2", value: "v" });
    expect((await get("/v4/keyvaluesnamespaces")).body).toEqual(["z", "a", "m"]);
  });

  it("B40: and keys may have spaces", async () => {
    const { post, get } = await start();
    const pair = { key: "Last extract timestamp", value: "2026-01-02 15:04" };
    const expected = { namespace: "Sales ETL step 2", ...pair };
    expect(await post("Sales%20ETL%20step%202", pair)).toMatchObject({ status: 201, body: expected });
    for (const key of ["Last%20extract%20timestamp", "Last+extract+timestamp"]) {
      const answer = await get(`${KV}/Sales%20ETL%20step%202?key=${key}`);
      expect(answer.status).toBe(200);
      expect(answer.body).toEqual(expected);
    }
    expect((await get("/v4/keyvaluesnamespaces")).body).toEqual(["Sales ETL step 2"]);
  });

  it("B41: and keys may have slashes", async () => {
    const { post, get, ask } = await start();
    const pair = { key: "x/y", value: "v" };
    expect(await post("a%2Fb", pair)).toMatchObject({ status: 201, body: { namespace: "a/b", ...pair } });
    expect(await get(`${KV}/a%2Fb?key=x/y`)).toMatchObject({
      status: 200,
      body: { namespace: "a/b", ...pair },
    });
    expect((await ask("DELETE", `${KV}/a%2Fb/x%2Fy`)).status).toBe(204);
    expect((await get("/v4/keylist/a%2Fb")).body).toEqual({ namespace: "a/b", keys: [] });
  });

  it("B42: and keys may have any letters", async () => {
    const { post, get } = await start();
    const pair = { key: "ключ", value: "値🇨🇻" };
    const path = "%C3%A5%C3%A4%C3%B6";
    expect((await post(path, pair)).status).toBe(201);
    const answer = await get(`${KV}/${path}?key=${encodeURIComponent(pair.key)}`);
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({ namespace: "åäö", ...pair });
    const listed = await get(`/v4/keylist/${path}`);
    expect(listed.status).toBe(200);
    expect(listed.body).toEqual({ namespace: "åäö", keys: [{ key: "ключ" }] });
  });

  it("B53: a plus is a space in a query, and itself in a path", async () => {
    const { post, get, ask } = await start();
    expect((await post("n", { key: "a+b", value: "v" })).status).toBe(201);
    expect(await get(`${KV}/n?key=a+b`)).toMatchObject(refused("Key 'a b' not found in namespace: n"));
    expect(await get(`${KV}/n?key=a%2Bb`)).toMatchObject({ status: 200, body: { value: "v" } });
    expect((await ask("DELETE", `${KV}/n/a+b`)).status).toBe(204);
  });

  it.each(["__proto__", "constructor", "a:b", "a.b", ".", "..", "*", ">", "=", "=20", "_kv", "$KV", "ns1.k"])(
    "and keys may be called %j",
    async (name) => {
      const { post, get, ask } = await start();
      const path = encodeURIComponent(name).replaceAll(".", "%2E");
      await post("ns1", { key: "k", value: "other" });
      expect((await post(path, { key: name, value: "v" })).status).toBe(201);
      const answer = await get(`${KV}/${path}?key=${path}`);
      expect(answer.body).toEqual({ namespace: name, key: name, value: "v" });
      expect((await get(`/v4/keylist/${path}`)).body).toEqual({ namespace: name, keys: [{ key: name }] });
      expect((await get("/v4/keyvaluesnamespaces")).body).toEqual(["ns1", name]);
      expect((await ask("DELETE", `${KV}/${path}/${path}`)).status).toBe(204);
      expect((await ask("DELETE", `${KV}/${path}`)).status).toBe(204);
      expect((await get("/v4/keyvaluesnamespaces")).body).toEqual(["ns1"]);
    },
  );

  it("the one without a name is one too", async () => {
    const { post, get, ask } = await start();
    expect(await post("", { key: "k", value: "v" })).toMatchObject({ status: 201, body: { namespace: "" } });
    expect((await get("/v4/keyvaluesnamespaces")).body).toEqual([""]);
    expect(await get(`${KV}/?key=k`)).toMatchObject({ status: 200, body: { namespace: "", value: "v" } });
    expect((await get("/v4/keylist/")).body).toEqual({ namespace: "", keys: [{ key: "k" }] });
    expect((await ask("DELETE", `${KV}/`)).status).toBe(204);
  });

  it("B54: a query does not narrow the removal of one", async () => {
    const { post, get, ask } = await start();
    for (const key of ["k1", "k2"]) await post("ns1", { key, value: "v" });
    expect((await ask("DELETE", `${KV}/ns1?key=k1`)).status).toBe(204);
    expect((await get("/v4/keyvaluesnamespaces")).body).toEqual([]);
  });

  it("B62: take any number of keys", async () => {
    const { post, get } = await start();
    const keys = Array.from({ length: 1005 }, (_, at) => `k${at}`);
    for (let at = 0; at < keys.length; at += 67) {
      const answers = await Promise.all(
        keys.slice(at, at + 67).map((key) => post("many", { key, value: "v" })),
      );
      expect(answers.every(({ status }) => status === 201)).toBe(true);
    }
    const { body } = await get("/v4/keylist/many");
    expect((body as { keys: { key: string }[] }).keys.map(({ key }) => key).toSorted()).toEqual(
      keys.toSorted(),
    );
  });

  it("B62: take as many live keys as the limit says, and can overwrite those", async () => {
    const { post, get, ask, clock } = await start({ maxKeysPerNamespace: 3 });
    const first = await Promise.all(
      ["a", "b", "c", "d"].map((key) => post("few", { key, value: "v", ttl: 100 })),
    );
    expect(first.map(({ status }) => status).toSorted()).toEqual([201, 201, 201, 400]);
    expect(await post("few", { key: "e", value: "v" })).toMatchObject(
      refused("Namespace few has 3 keys, the limit is 3"),
    );
    const { body } = await get("/v4/keylist/few");
    const [kept = ""] = (body as { keys: { key: string }[] }).keys.map(({ key }) => key);
    expect((await post("few", { key: kept, value: "new" })).status).toBe(201);
    expect((await post("other", { key: "e", value: "v" })).status).toBe(201);
    clock.leap(100);
    expect((await post("few", { key: "e", value: "v" })).status).toBe(201);
    expect((await ask("DELETE", `${KV}/few/${kept}`)).status).toBe(204);
    expect((await post("few", { key: "f", value: "v" })).status).toBe(201);
  });
});
