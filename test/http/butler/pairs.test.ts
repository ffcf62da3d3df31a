import { describe, expect, it } from "vitest";
import { askedEachTime, daemon, invalid, places, refused } from "./harness.ts";

const KV = "/v4/keyvalues";

describe.each([...places, daemon])("Butler's pairs on $name", (place) => {
  const start = askedEachTime(place);

  it("B01: there is no namespace at first", async () => {
    const { get } = await start();
    expect(await get("/v4/keyvaluesnamespaces")).toMatchObject({ status: 200, body: [] });
  });

  it("B02: a pair is added, and its namespace", async () => {
    const { post, get } = await start();
    const answer = await post("ns1", { key: "k1", value: "v1" });
    expect(answer.status).toBe(201);
    expect(answer.body).toEqual({ namespace: "ns1", key: "k1", value: "v1", ttl: 0 });
    expect((await get("/v4/keyvaluesnamespaces")).body).toEqual(["ns1"]);
  });

  it("B03: is read without its ttl", async () => {
    const { post, get } = await start();
    await post("ns1", { key: "k1", value: "v1", ttl: 60_000 });
    const answer = await get(`${KV}/ns1?key=k1`);
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({ namespace: "ns1", key: "k1", value: "v1" });
    expect(answer.headers["content-type"]).toBe("application/json; charset=utf-8");
  });

  it("B04: is overwritten and listed once", async () => {
    const { post, get } = await start();
    await post("ns1", { key: "k1", value: "v1" });
    expect((await post("ns1", { key: "k1", value: "v2" })).status).toBe(201);
    expect(await get(`${KV}/ns1?key=k1`)).toMatchObject({ status: 200, body: { value: "v2" } });
    const listed = await get("/v4/keylist/ns1");
    expect(listed.status).toBe(200);
    expect(listed.body).toEqual({ namespace: "ns1", keys: [{ key: "k1" }] });
  });

  it("B15: of a namespace that is not there is refused", async () => {
    const { get } = await start();
    expect(await get(`${KV}/nope?key=x`)).toMatchObject(refused("Namespace not found: nope"));
  });

  it("B16: that is not there is refused", async () => {
    const { post, get } = await start();
    await post("ns1", { key: "k1", value: "v1" });
    const answer = await get(`${KV}/ns1?key=missing`);
    expect(answer.body).toEqual(refused("Key 'missing' not found in namespace: ns1").body);
    expect(answer.status).toBe(400);
  });

  it("B17: without a key in the query is refused, whether the namespace is there or not", async () => {
    const { post, get } = await start();
    await post("ns1", { key: "k1", value: "v1" });
    const expected = invalid("querystring must have required property 'key'");
    expect((await get(`${KV}/ns1`)).body).toEqual(expected.body);
    expect(await get(`${KV}/nope`)).toMatchObject(expected);
  });

  it("B18: an empty key is one that is not there", async () => {
    const { post, get } = await start();
    await post("ns1", { key: "k1", value: "v1" });
    expect(await get(`${KV}/ns1?key=`)).toMatchObject(refused("Key '' not found in namespace: ns1"));
    const exists = await get(`${KV}/ns1/keyexists?key=`);
    expect(exists).toMatchObject({ status: 200 });
    expect(exists.body).toEqual({ keyExists: false, keyValue: {} });
  });

  it("B19: exists, and is told with the answer", async () => {
    const { post, get } = await start();
    await post("ns1", { key: "k1", value: "v1" });
    const answer = await get(`${KV}/ns1/keyexists?key=k1`);
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({ keyExists: true, keyValue: { namespace: "ns1", key: "k1", value: "v1" } });
  });

  it("B20: does not exist", async () => {
    const { post, get } = await start();
    await post("ns1", { key: "k1", value: "v1" });
    const answer = await get(`${KV}/ns1/keyexists?key=zz`);
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({ keyExists: false, keyValue: {} });
  });

  it("B21: asked for in a namespace that is not there, or without a key", async () => {
    const { get } = await start();
    expect(await get(`${KV}/nope/keyexists?key=x`)).toMatchObject(refused("Namespace not found: nope"));
    const expected = invalid("querystring must have required property 'key'");
    expect(await get(`${KV}/nope/keyexists`)).toMatchObject(expected);
  });

  it("B22: two keys in the query are refused", async () => {
    const { post, get } = await start();
    await post("ns1", { key: "a", value: "1" });
    expect(await get(`${KV}/ns1?key=a&key=b`)).toMatchObject(invalid("querystring/key must be string"));
    const exists = await get(`${KV}/ns1/keyexists?key=a&key=b`);
    expect(exists).toMatchObject(invalid("querystring/key must be string"));
  });

  it("B23: without a key, or an empty one, nothing is written", async () => {
    const { post, get } = await start();
    for (const body of [{ value: "x" }, { key: "", value: "x" }, { key: null, value: "x" }]) {
      expect(await post("ns1", body)).toMatchObject(refused("Required parameter is missing"));
    }
    expect((await get("/v4/keyvaluesnamespaces")).body).toEqual([]);
  });

  it("B24: numbers are taken as text", async () => {
    const { post, get } = await start();
    const answer = await post("ns1", { key: 12, value: 34 });
    expect(answer).toMatchObject({ status: 201, body: { key: "12", value: "34" } });
    expect(await get(`${KV}/ns1?key=12`)).toMatchObject({ status: 200, body: { key: "12", value: "34" } });
  });

  it("B25: so are true, fractions, large numbers and lists of one", async () => {
    const { post } = await start();
    for (const [value, expected] of [
      ["true", "true"],
      ["1.50", "1.5"],
      ["1e21", "1e+21"],
      ['["one"]', "one"],
      ["[null]", ""],
    ] as const) {
      const answer = await post("ns1", `{"key":"k","value":${value}}`);
      expect(answer, value).toMatchObject({ status: 201, body: { value: expected } });
    }
  });

  it("B26: objects and lists are not", async () => {
    const { post } = await start();
    for (const value of [{ a: 1 }, [1, 2], [], [[1]]]) {
      expect(await post("ns1", { key: "k", value })).toMatchObject(invalid("body/value must be string"));
    }
    expect(await post("ns1", { key: {}, value: "x" })).toMatchObject(invalid("body/key must be string"));
  });

  it("B27: an empty value is a value", async () => {
    const { post, get } = await start();
    expect(await post("ns1", { key: "k", value: "" })).toMatchObject({ status: 201, body: { value: "" } });
    expect(await get(`${KV}/ns1?key=k`)).toMatchObject({ status: 200, body: { value: "" } });
    const exists = await get(`${KV}/ns1/keyexists?key=k`);
    expect(exists).toMatchObject({ status: 200, body: { keyExists: true, keyValue: { value: "" } } });
  });

  it("B28: null is an empty value", async () => {
    const { post, get } = await start();
    expect((await post("ns1", { key: "k", value: null })).status).toBe(201);
    expect(await get(`${KV}/ns1?key=k`)).toMatchObject({ status: 200, body: { value: "" } });
  });

  it("without a value nothing is written, though the namespace is made", async () => {
    const { post, get, clock } = await start();
    const answer = await post("ns1", { key: "k" });
    expect(answer.status).toBe(201);
    expect(answer.body).toEqual({ namespace: "ns1", key: "k", ttl: 0 });
    expect((await get("/v4/keylist/ns1")).body).toEqual({ namespace: "ns1", keys: [] });
    await post("ns1", { key: "k", value: "old", ttl: 1000 });
    await post("ns1", { key: "k", ttl: 60_000 });
    expect(await get(`${KV}/ns1?key=k`)).toMatchObject({ body: { value: "old" } });
    clock.leap(1000);
    expect((await get(`${KV}/ns1?key=k`)).status).toBe(400);
  });

  it("B30: is deleted once", async () => {
    const { post, ask } = await start();
    await post("ns1", { key: "k1", value: "v1" });
    const answer = await ask("DELETE", `${KV}/ns1/k1`);
    expect(answer).toMatchObject({ status: 204, body: undefined });
    expect(answer.headers).not.toHaveProperty("content-type");
    const again = await ask("DELETE", `${KV}/ns1/k1`);
    expect(again).toMatchObject(refused("Key 'k1' not found in namespace: ns1"));
  });

  it("B31: of a namespace that is not there cannot be deleted, nor one without a name", async () => {
    const { ask, post } = await start();
    expect(await ask("DELETE", `${KV}/nope/k`)).toMatchObject(refused("Namespace not found: nope"));
    await post("ns1", { key: "k1", value: "v1" });
    expect(await ask("DELETE", `${KV}/ns1/`)).toMatchObject(refused("Required parameter is missing"));
  });

  it("B44: namespaces keep apart, and names tell upper from lower case", async () => {
    const { post, get } = await start();
    await post("ns1", { key: "k", value: "1" });
    await post("ns2", { key: "k", value: "2" });
    expect(await get(`${KV}/ns1?key=k`)).toMatchObject({ status: 200, body: { value: "1" } });
    expect(await get(`${KV}/ns2?key=k`)).toMatchObject({ status: 200, body: { value: "2" } });
    expect(await get(`${KV}/NS1?key=k`)).toMatchObject(refused("Namespace not found: NS1"));
    expect(await get(`${KV}/ns1?key=K`)).toMatchObject(refused("Key 'K' not found in namespace: ns1"));
  });

  it("B51: other members are ignored", async () => {
    const { post, get } = await start();
    const answer = await post("ns1", { key: "k", value: "v", extra: 1, namespace: "other" });
    expect(answer.status).toBe(201);
    expect(answer.body).toEqual({ namespace: "ns1", key: "k", value: "v", ttl: 0 });
    expect((await get("/v4/keyvaluesnamespaces")).body).toEqual(["ns1"]);
  });

  it.each([["a\nb\tc\"d\"'e'\u0000f"], ['{"a":[1]}'], ["値🇨🇻"]])(
    "B52: %j comes back as it was",
    async (value) => {
      const { post, get } = await start();
      expect(await post("ns1", { key: "k", value })).toMatchObject({ status: 201, body: { value } });
      expect(await get(`${KV}/ns1?key=k`)).toMatchObject({ status: 200, body: { value } });
    },
  );

  it("are listed in the order in which they were added", async () => {
    const { post, get, ask } = await start();
    const listed = async () => {
      const { body } = await get("/v4/keylist/n");
      return (body as { keys: { key: string }[] }).keys.map(({ key }) => key);
    };
    for (const key of ["z", "a", "m"]) await post("n", { key, value: "1" });
    await post("n", { key: "z", value: "2" });
    await post("n", { key: "z", value: "3", ttl: 60_000 });
    expect(await listed()).toEqual(["z", "a", "m"]);
    await ask("DELETE", `${KV}/n/a`);
    await post("n", { key: "a", value: "4" });
    expect(await listed()).toEqual(["z", "m", "a"]);
  });
});
