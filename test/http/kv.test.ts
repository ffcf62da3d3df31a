import { describe, expect, it } from "vitest";
import { runningDaemon } from "./surfaces.ts";

const cfg = "/v1/kv/CFG";

async function withBucket(config = {}) {
  const running = await runningDaemon({});
  expect((await running.ask("PUT", cfg, config)).status).toBe(200);
  return running;
}

describe("buckets", () => {
  it("are made, shown, changed, listed and removed", async () => {
    const { ask } = await withBucket({ history: 5 });
    expect((await ask("GET", cfg)).body).toMatchObject({ bucket: "CFG", history: 5, values: 0, revision: 0 });
    expect((await ask("PATCH", cfg, { history: 7 })).body).toMatchObject({ history: 7 });
    expect((await ask("GET", "/v1/kv")).body.map((one: { bucket: string }) => one.bucket)).toContain("CFG");
    expect((await ask("DELETE", cfg)).body).toEqual({ bucket: "CFG" });
    expect(await ask("GET", cfg)).toMatchObject({
      status: 404,
      body: { error: { code: "BUCKET_NOT_FOUND" } },
    });
  });

  it.each([
    ["PUT", cfg, { history: 6 }, 409, "BUCKET_EXISTS"],
    ["PUT", "/v1/kv/a%20b", {}, 400, "INVALID_BUCKET"],
    ["PUT", "/v1/kv/NEW", { history: 100 }, 400, "INVALID_CONFIG"],
    ["PUT", "/v1/kv/NEW", { histroy: 1 }, 400, "INVALID_ARGUMENT"],
    ["PATCH", "/v1/kv/NEW", {}, 404, "BUCKET_NOT_FOUND"],
  ])("%s %s %j is answered %i", async (method, path, body, status, code) => {
    const { ask } = await withBucket({ history: 5 });
    expect(await ask(method, path, body)).toMatchObject({ status, body: { error: { code } } });
  });
});

describe("entries", () => {
  const release = `${cfg}/entries/release`;

  it("are written and read, with their revision as the tag", async () => {
    const { ask } = await withBucket();
    const written = await ask("PUT", release, { value: "1.0" });
    expect(written).toMatchObject({
      status: 200,
      headers: { etag: '"1"' },
      body: { bucket: "CFG", key: "release", revision: 1 },
    });
    const read = await ask("GET", release);
    expect(read).toMatchObject({
      status: 200,
      headers: { etag: '"1"' },
      body: { value: "1.0", revision: 1, operation: "PUT", length: 3 },
    });
    expect(await ask("GET", release, undefined, { "if-none-match": '"1"' })).toMatchObject({ status: 304 });
    expect(await ask("GET", release, undefined, { "if-none-match": '"2"' })).toMatchObject({ status: 200 });
    const bytes = Buffer.from([0xff, 0]).toString("base64");
    await ask("PUT", `${cfg}/entries/a%2Fb`, { valueBase64: bytes });
    expect((await ask("GET", `${cfg}/entries/a%2Fb`)).body).toMatchObject({ key: "a/b", valueBase64: bytes });
    expect((await ask("GET", `${cfg}/keys`)).body).toEqual(["a/b", "release"]);
    expect((await ask("GET", `${cfg}/keys?filter=rel%3E`)).status).toBe(400);
  });

  it("change only if they are what the writer has seen", async () => {
    const { ask } = await withBucket({ history: 5 });
    const put = (value: string, headers: Record<string, string>) => ask("PUT", release, { value }, headers);
    expect(await put("a", { "if-match": "*" })).toMatchObject({
      status: 412,
      body: { error: { code: "WRONG_REVISION" } },
    });
    expect(await put("a", { "if-none-match": "*" })).toMatchObject({ status: 200 });
    expect(await put("b", { "if-none-match": "*" })).toMatchObject({
      status: 412,
      body: { error: { code: "KEY_EXISTS" } },
    });
    expect(await put("b", { "if-match": '"1"' })).toMatchObject({ status: 200, headers: { etag: '"2"' } });
    expect(await put("c", { "if-match": '"1"' })).toMatchObject({ status: 412 });
    expect(await put("c", { "if-match": "*" })).toMatchObject({ status: 200 });
    expect(await ask("DELETE", release, undefined, { "if-match": '"1"' })).toMatchObject({ status: 412 });
    expect(await ask("DELETE", release, undefined, { "if-match": '"3"' })).toMatchObject({
      status: 200,
      body: { revision: 4 },
    });
    expect(await ask("GET", release)).toMatchObject({
      status: 404,
      body: { error: { code: "KEY_NOT_FOUND" } },
    });
    const { body } = await ask("GET", `${cfg}/history?filter=release`);
    expect(body.map((one: { operation: string; value: string }) => [one.operation, one.value])).toEqual([
      ["PUT", "a"],
      ["PUT", "b"],
      ["PUT", "c"],
      ["DEL", ""],
    ]);
    await ask("DELETE", `${release}?purge=true`);
    expect((await ask("GET", `${cfg}/history`)).body).toHaveLength(1);
  });

  it("take a ttl when they are new", async () => {
    const { ask } = await withBucket({ markerTtlMs: 60_000 });
    const body = { value: "x", ttlMs: 30_000 };
    expect(await ask("PUT", release, body)).toMatchObject({ status: 400 });
    expect(await ask("PUT", release, body, { "if-none-match": "*" })).toMatchObject({ status: 200 });
    expect((await ask("GET", release)).body).toMatchObject({ ttlMs: 30_000 });
  });

  it.each([
    [{}, {}, "send either value or valueBase64"],
    [{ value: "a", valueBase64: "YQ==" }, {}, "send either value or valueBase64"],
    [{ valueBase64: "?" }, {}, "valueBase64 is not base64"],
    [
      { value: "a" },
      { "if-match": "one" },
      'If-Match is "one", expected one revision in quotes, such as "12", or *',
    ],
    [{ value: "a" }, { "if-none-match": '"1"' }, "If-None-Match of a change can only be *"],
    [
      { value: "a" },
      { "if-match": '"1"', "if-none-match": "*" },
      "If-Match and If-None-Match exclude each other: send one",
    ],
  ])("%j with %j is refused", async (body, headers, message) => {
    const { ask } = await withBucket();
    const refused = { status: 400, body: { error: { code: "INVALID_ARGUMENT", message } } };
    expect(await ask("PUT", release, body, headers)).toMatchObject(refused);
  });

  it("several at once: each has its own result", async () => {
    const { ask } = await withBucket();
    const batch = [
      { op: "put", key: "a", value: "1" },
      { op: "create", key: "a", value: "2" },
      { op: "update", key: "a", value: "3", revision: 1 },
      { op: "put", key: "a", value: "4", revision: 1 },
      { op: "get", key: "a" },
      { op: "get", key: "none" },
      { op: "delete", key: "a", revision: 1 },
      { op: "purge", key: "a" },
      { op: "put", key: "not a key", value: "" },
    ];
    const { status, body } = await ask("POST", `${cfg}/batch`, batch);
    expect(status).toBe(200);
    expect(body).toMatchObject([
      { key: "a", revision: 1 },
      { key: "a", error: { code: "KEY_EXISTS" } },
      { key: "a", revision: 2 },
      { key: "a", error: { code: "INVALID_ARGUMENT", message: "put takes no revision: use update" } },
      { key: "a", entry: { value: "3", revision: 2 } },
      { key: "none", entry: null },
      { key: "a", error: { code: "WRONG_REVISION" } },
      { key: "a", revision: 3 },
      { key: "not a key", error: { code: "INVALID_KEY" } },
    ]);
  });
});

describe("watching", () => {
  it("tells what is there, then that it is all, then what comes; and goes on where it was", async () => {
    const { ask, stream } = await withBucket();
    await ask("PUT", `${cfg}/entries/a.x`, { value: "1" });
    await ask("PUT", `${cfg}/entries/b`, { value: "2" });
    const reader = await stream(`${cfg}/watch?filter=a.%3E`);
    expect(reader.answer.headers["content-type"]).toBe("text/event-stream; charset=utf-8");
    expect(await reader.next()).toMatchObject({ id: "1", data: { key: "a.x", value: "1" } });
    expect(await reader.next()).toMatchObject({ event: "ready", data: { revision: 2 } });
    await ask("PUT", `${cfg}/entries/a.y`, { value: "3" });
    expect(await reader.next()).toMatchObject({ id: "3", data: { key: "a.y", value: "3" } });
    reader.leave();
    await ask("DELETE", `${cfg}/entries/a.x`);
    const again = await stream(`${cfg}/watch?meta=true`, { "last-event-id": "3" });
    expect(await again.next()).toMatchObject({ id: "4", data: { key: "a.x", operation: "DEL" } });
    again.leave();
  });

  it("ends with the reason when the bucket goes", async () => {
    const { ask, stream } = await withBucket();
    const reader = await stream(`${cfg}/watch`);
    expect(await reader.next()).toMatchObject({ event: "ready" });
    await ask("DELETE", cfg);
    expect(await reader.rest()).toMatchObject([
      { event: "error", data: { error: { code: "BUCKET_NOT_FOUND" } } },
    ]);
  });

  it("what cannot be watched is refused", async () => {
    const { ask } = await withBucket();
    expect(await ask("GET", "/v1/kv/NONE/watch")).toMatchObject({ status: 404 });
    expect(await ask("GET", `${cfg}/watch?filter=a..b`)).toMatchObject({ status: 400 });
    expect(await ask("GET", `${cfg}/watch?updates=true&history=true`)).toMatchObject({ status: 400 });
  });
});
