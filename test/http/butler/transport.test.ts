import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { type Asked, askedEachTime, daemon, invalid, notFound, places, refused } from "./harness.ts";

const KV = "/v4/keyvalues";
const meaning = (method: string) => ({ "x-http-method-override": method });

describe.each([...places, daemon])("requests to Butler's API on $name", (place) => {
  const start = askedEachTime(place);

  it("B45: a POST can mean the DELETE of a key", async () => {
    const { post, get, ask } = await start();
    for (const [method, body] of [
      ["DELETE", undefined],
      ["delete", undefined],
      ["DELETE", {}],
    ] as const) {
      await post("ns1", { key: "k1", value: "v1" });
      const answer = await ask("POST", `${KV}/ns1/k1`, body, meaning(method));
      expect(answer).toMatchObject({ status: 204, body: undefined });
      expect((await get(`${KV}/ns1?key=k1`)).status).toBe(400);
    }
  });

  it("B46: a POST can mean the DELETE of a namespace, or a GET", async () => {
    const { post, get, ask } = await start();
    for (const namespace of ["ns1", "ns2"]) await post(namespace, { key: "k", value: "v" });
    expect((await ask("POST", `${KV}/ns1`, undefined, meaning("DELETE"))).status).toBe(204);
    const answer = await ask("POST", `${KV}/ns2?key=k`, { any: 1 }, meaning("GET"));
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({ namespace: "ns2", key: "k", value: "v" });
    expect((await get("/v4/keyvaluesnamespaces")).body).toEqual(["ns2"]);
  });

  it("a POST that means a POST is one, and no other method can mean anything else", async () => {
    const { ask } = await start();
    const pair = { key: "k", value: "v" };
    expect((await ask("POST", `${KV}/ns1`, pair, meaning("POST"))).status).toBe(201);
    expect(await ask("GET", `${KV}/ns1?key=k`, undefined, meaning("DELETE"))).toMatchObject({ body: pair });
  });

  it("a method that nobody knows is refused, one without a route is not found", async () => {
    const { ask } = await start();
    for (const path of [`${KV}/ns1`, `${KV}/ns1/k1`]) {
      const answer = await ask("POST", path, undefined, meaning("FETCH"));
      expect(answer.body).toEqual(refused("Client Error").body);
      expect(answer.status).toBe(400);
      expect(await ask("POST", path, undefined, meaning("HEAD"))).toMatchObject(refused("Client Error"));
      expect(await ask("POST", path, undefined, meaning("PUT"))).toMatchObject(notFound("PUT", path));
    }
  });

  it("B47: forms and plain text are refused", async () => {
    const { ask } = await start();
    const form = await ask("POST", `${KV}/ns1`, "key=k&value=v", {
      "content-type": "application/x-www-form-urlencoded",
    });
    expect(form.status).toBe(415);
    expect(form.body).toEqual({
      statusCode: 415,
      code: "FST_ERR_CTP_INVALID_MEDIA_TYPE",
      error: "Unsupported Media Type",
      message: "Unsupported Media Type",
    });
    const plain = await ask("POST", `${KV}/ns1`, '{"key":"k","value":"v"}', { "content-type": "text/plain" });
    expect(plain).toMatchObject(invalid("body must be object"));
  });

  it("B48: bodies that are no object are refused", async () => {
    const { ask } = await start();
    const broken = await ask("POST", `${KV}/ns1`, "{bad");
    expect(broken.status).toBe(400);
    expect(broken.body).toEqual({
      statusCode: 400,
      code: "FST_ERR_CTP_INVALID_JSON_BODY",
      error: "Bad Request",
      message: "Body is not valid JSON but content-type is set to 'application/json'",
    });
    for (const [method, path] of [
      ["POST", `${KV}/ns1`],
      ["DELETE", `${KV}/ns1`],
      ["DELETE", `${KV}/ns1/k1`],
    ] as const) {
      const empty = await ask(method, path, "");
      expect(empty.status).toBe(400);
      expect(empty.body).toEqual({
        statusCode: 400,
        code: "FST_ERR_CTP_EMPTY_JSON_BODY",
        error: "Bad Request",
        message: "Body cannot be empty when content-type is set to 'application/json'",
      });
    }
    for (const body of [undefined, "[]", "null", '"text"', "5"]) {
      expect(await ask("POST", `${KV}/ns1`, body)).toMatchObject(invalid("body must be object"));
    }
    const poisoned = await ask("POST", `${KV}/ns1`, '{"key":"k","value":"v","__proto__":{}}');
    expect(poisoned).toMatchObject({ status: 400, body: { code: "FST_ERR_CTP_INVALID_JSON_BODY" } });
  });

  it("B49: bodies over 1 MiB are refused, and nothing is written; those up to it are taken", async () => {
    const { post, get } = await start();
    await post("ns1", { key: "other", value: "v" });
    const answer = await post("ns1", { key: "k", value: "x".repeat(1024 * 1024) });
    expect(answer.status).toBe(413);
    expect(answer.body).toEqual({
      statusCode: 413,
      code: "FST_ERR_CTP_BODY_TOO_LARGE",
      error: "Payload Too Large",
      message: "Request body is too large",
    });
    expect(await get(`${KV}/ns1?key=k`)).toMatchObject(refused("Key 'k' not found in namespace: ns1"));
    const frame = '{"key":"k","value":""}'.length;
    expect((await post("ns1", { key: "k", value: "x".repeat(1024 * 1024 - frame) })).status).toBe(201);
  });

  it("B50: other methods and paths are not found", async () => {
    const { ask } = await start();
    for (const [method, path] of [
      ["PUT", `${KV}/ns1`],
      ["GET", `${KV}/ns1/k1`],
      ["GET", KV],
      ["GET", `${KV}/ns1/?key=k`],
      ["OPTIONS", `${KV}/ns1`],
      ["POST", `${KV}/ns1/k1?key=a`],
      ["GET", "/v4"],
      ["GET", "/v4/"],
    ] as const) {
      const answer = await ask(method, path);
      expect(answer.body, path).toEqual(notFound(method, path).body);
      expect(answer.status).toBe(404);
    }
  });

  it("B63: while Butler is off, nothing of it is found", async () => {
    const { ask } = await start({ enabled: false });
    for (const [method, path] of [
      ["GET", "/v4/keyvaluesnamespaces"],
      ["GET", `${KV}/ns1?key=k`],
      ["GET", `${KV}/ns1/keyexists?key=k`],
      ["POST", `${KV}/ns1`],
      ["DELETE", `${KV}/ns1/k`],
      ["DELETE", `${KV}/ns1`],
      ["GET", "/v4/keylist/ns1"],
      ["GET", "/v4/kvstore/ns1"],
      ["PUT", "/v4/reloadtask/-/start"],
    ] as const) {
      const body = method === "POST" ? { key: "k", value: "v" } : undefined;
      const answer = await ask(method, path, body);
      expect(answer.body).toEqual(notFound(method, path).body);
      expect(answer.status).toBe(404);
    }
  });

  it("B64: HEAD answers with the status alone", async () => {
    const { post, ask } = await start();
    await post("ns1", { key: "k1", value: "v1" });
    expect(await ask("HEAD", `${KV}/ns1?key=k1`)).toMatchObject({ status: 200, body: undefined });
    expect(await ask("HEAD", `${KV}/ns1?key=zz`)).toMatchObject({ status: 400, body: undefined });
    for (const path of ["keyvaluesnamespaces", "keylist/ns1", "keyvalues/ns1/keyexists?key=k1"]) {
      expect((await ask("HEAD", `/v4/${path}`)).status, path).toBe(200);
    }
  });

  it("a connection goes on after a method that means another", async () => {
    const { post, ask, port } = await start();
    await post("ns1", { key: "k1", value: "v1" });
    const head =
      "POST /v4/keyvalues/ns1?key=k1 HTTP/1.1\r\nHost: localhost\r\nX-HTTP-Method-Override: GET\r\n";
    const body = "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
    const last = "GET /v4/keylist/ns1 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    const socket = connect(port, "127.0.0.1");
    socket.write(`${head}${body}${last}`);
    const said = await text(socket);
    expect(said.match(/HTTP\/1.1 \d+/g)).toEqual(["HTTP/1.1 200", "HTTP/1.1 200"]);
    expect(said).toContain('{"namespace":"ns1","key":"k1","value":"v1"}');
    expect(said).toContain('{"namespace":"ns1","keys":[{"key":"k1"}]}');
    expect((await ask("GET", "/v4/configfile/endpointsenabled")).body).toEqual(["keyValueStore"]);
  });

  it("50 at a time lose nothing", async () => {
    const { post, get } = await start();
    for (let round = 0; round < 5; round++) {
      await Promise.all(
        Array.from({ length: 50 }, (_, at) => post(`n${round}`, { key: `k${at}`, value: "v" })),
      );
      const { body } = await get(`/v4/keylist/n${round}`);
      expect((body as { keys: unknown[] }).keys).toHaveLength(50);
    }
    expect((await get("/v4/keyvaluesnamespaces")).body).toEqual(["n0", "n1", "n2", "n3", "n4"]);
  });

  it("deletes of one key at the same time: one succeeds", async () => {
    const { post, ask } = await start();
    await post("ns1", { key: "k", value: "v", ttl: 60_000 });
    const answers = await Promise.all(Array.from({ length: 8 }, () => ask("DELETE", `${KV}/ns1/k`)));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([204, ...new Array(7).fill(400)]);
  });
});

describe.each([...places, daemon])("the four documented routes on $name", (place) => {
  const start = askedEachTime(place);

  async function withTwoKeys(): Promise<Asked> {
    const butler = await start();
    for (const key of ["k1", "k2"]) await butler.post("ns1", { key, value: "v1" });
    return butler;
  }

  it("B55: POST writes what the other routes read", async () => {
    const { ask, get } = await start();
    const answer = await ask("POST", "/v4/kvstore/ns1", { key: "k1", value: "v1" });
    expect(answer.status).toBe(201);
    expect(answer.body).toEqual({ namespace: "ns1", key: "k1", value: "v1", ttl: 0 });
    expect(await get(`${KV}/ns1?key=k1`)).toMatchObject({ status: 200, body: { value: "v1" } });
    expect(await ask("POST", "/v4/kvstore/ns1", { value: "v1" })).toMatchObject(
      refused("Required parameter is missing"),
    );
  });

  it("B56: GET with a key reads", async () => {
    const { get } = await withTwoKeys();
    const answer = await get("/v4/kvstore/ns1?key=k1");
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({ namespace: "ns1", key: "k1", value: "v1" });
    expect(await get("/v4/kvstore/ns1?key=zz")).toMatchObject(
      refused("Key 'zz' not found in namespace: ns1"),
    );
    expect(await get("/v4/kvstore/ns1?key=")).toMatchObject(refused("Key '' not found in namespace: ns1"));
    expect(await get("/v4/kvstore/ns1?key=a&key=b")).toMatchObject(invalid("querystring/key must be string"));
  });

  it("B57: GET without a key lists", async () => {
    const { get } = await withTwoKeys();
    const answer = await get("/v4/kvstore/ns1");
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({ namespace: "ns1", keys: [{ key: "k1" }, { key: "k2" }] });
    expect(await get("/v4/kvstore/nope")).toMatchObject(refused("Namespace not found: nope"));
  });

  it("B58: DELETE with a key deletes that key only", async () => {
    const { ask, get } = await withTwoKeys();
    expect(await ask("DELETE", "/v4/kvstore/ns1?key=k1")).toMatchObject({ status: 204, body: undefined });
    expect((await get("/v4/keylist/ns1")).body).toEqual({ namespace: "ns1", keys: [{ key: "k2" }] });
    const override = await ask("POST", "/v4/kvstore/ns1?key=k2", undefined, meaning("DELETE"));
    expect(override.status).toBe(204);
    expect((await get("/v4/keylist/ns1")).body).toEqual({ namespace: "ns1", keys: [] });
  });

  it("B59: DELETE without a key deletes nothing", async () => {
    const { ask, get } = await withTwoKeys();
    expect(await ask("DELETE", "/v4/kvstore/ns1")).toMatchObject(
      invalid("querystring must have required property 'key'"),
    );
    expect(await ask("DELETE", "/v4/kvstore/ns1?key=")).toMatchObject(
      refused("Required parameter is missing"),
    );
    expect((await get("/v4/keylist/ns1")).body).toMatchObject({ keys: [{ key: "k1" }, { key: "k2" }] });
  });
});
