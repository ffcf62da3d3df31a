import { EventEmitter, once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, it, onTestFinished } from "vitest";
import { http } from "../../watchers/http.ts";
import { faultsOf, PlayedWatcher, type Surroundings } from "./harness.ts";

const fixtures = join(import.meta.dirname, "archive/fixtures");

async function listen(listener: RequestListener, isSecure = false) {
  const server = isSecure
    ? createSecureServer(
        {
          key: await readFile(join(fixtures, "key.pem")),
          cert: await readFile(join(fixtures, "certificate.pem")),
        },
        listener,
      )
    : createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return `${isSecure ? "https" : "http"}://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A server that answers with this, and what it was asked. */
async function serve(status: number, body: unknown, headers: Record<string, string> = {}) {
  const asked: { method: string; url: string; headers: IncomingMessage["headers"]; body: string }[] = [];
  const url = await listen((request, response) => {
    void text(request).then((body) => {
      asked.push({ method: request.method ?? "", url: request.url ?? "", headers: request.headers, body });
      answer();
    });
    const answer = () =>
      response.writeHead(status, headers).end(typeof body === "string" ? body : JSON.stringify(body));
  });
  return { url, asked };
}

function play(properties: object, surroundings: Surroundings = {}) {
  return new PlayedWatcher(http, properties, surroundings);
}

it("http watcher: fires success for 2xx and fail for another status", async () => {
  const good = await serve(204, "");
  expect(await play({ url: good.url }).look()).toMatchObject({ outcome: "success", fire: "success" });
  const bad = await serve(503, "secret text");
  const { error, ...rest } = await play({ url: `${bad.url}/a?key=hidden` }).look();
  expect(rest).toMatchObject({ outcome: "error", fire: "fail", detail: { method: "GET", status: 503 } });
  expect(error).toBe(`GET ${bad.url}/a: answered with HTTP status 503, expected 2xx`);
});

it("http watcher: takes status codes, classes and lists of them", async () => {
  const { url } = await serve(404, "");
  const outcomeFor = async (status: unknown) => (await play({ url, status }).look()).outcome;
  expect(await outcomeFor(404)).toBe("success");
  expect(await outcomeFor("4xx")).toBe("success");
  expect(await outcomeFor([200, "4xx"])).toBe("success");
  expect(await outcomeFor([200, 403])).toBe("error");
});

it("http watcher: success_when sees status, headers, body, data and state", async () => {
  const { url } = await serve(200, { ok: true, load: 3 }, { "X-Version": "1.2" });
  const outcomeWhen = (success_when: string) =>
    play({ url, success_when }, { data: { wanted: "1.2" } }).look();
  for (const condition of [
    "body.ok",
    "status == 200 and body.load < 5",
    'headers["x-version"] == data.wanted',
    'state == "A"',
  ])
    expect(await outcomeWhen(condition), condition).toMatchObject({ outcome: "success" });
  expect(await outcomeWhen("body.load > 5")).toMatchObject({
    outcome: "error",
    error: `GET ${url}/: answered, but success_when is not true: body.load > 5`,
  });
  const plain = await serve(200, "all is well");
  expect(await play({ url: plain.url, success_when: 'body contains "well"' }).look()).toMatchObject({
    outcome: "success",
  });
});

it("http watcher: stores parts of the body, and fails when one is missing", async () => {
  const { url } = await serve(200, { build: { version: "1.2", tags: ["a", "b"] } });
  const watcher = play({ url, store: { version: "build.version", first: "build.tags.0", all: "@this" } });
  await watcher.look();
  expect(watcher.data).toEqual({
    version: "1.2",
    first: "a",
    all: { build: { version: "1.2", tags: ["a", "b"] } },
  });
  expect(await play({ url, store: { x: "build.none" } }).look()).toMatchObject({
    fire: "fail",
    error: `GET ${url}/: answered, but its body has nothing at "build.none", which store puts into "x"`,
  });
});

it("http watcher: sends method, headers, token and body, with templates", async () => {
  const directory = await mkdtemp(join(tmpdir(), "machinist-http-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  await writeFile(join(directory, "token"), "abc\n");
  const { url, asked } = await serve(200, "");
  const data = { name: "web", path: "p q" };
  const properties = {
    url: `${url}/x?name={{ lookup "data.name" "" }}`,
    method: "POST",
    headers: { "X-Name": '{{ lookup "data.name" "" }}' },
    token_file: "token",
    body: '{"name":"{{ lookup "data.name" "" }}"}',
  };
  await play(properties, { data, machine: { directory } }).look();
  expect(asked).toMatchObject([
    {
      method: "POST",
      url: "/x?name=web",
      headers: { "x-name": "web", authorization: "Bearer abc", "content-type": "application/json" },
      body: '{"name":"web"}',
    },
  ]);
  await play({ url: url.replace("//", "//user:p%40ss@"), method: "HEAD" }).look();
  expect(asked[1]).toMatchObject({
    method: "HEAD",
    headers: { authorization: `Basic ${Buffer.from("user:p@ss").toString("base64")}` },
  });
});

it("http watcher: follows redirects, and tells its headers to no other origin", async () => {
  const other = await serve(200, { here: true });
  const { url, asked } = await serve(302, "", { location: `${other.url}/there` });
  const properties = { url, headers: { "x-key": "hidden" }, success_when: "body.here" };
  expect(await play(properties).look()).toMatchObject({ outcome: "success" });
  expect(asked[0]?.headers["x-key"]).toBe("hidden");
  expect(other.asked[0]).toMatchObject({ method: "GET", url: "/there" });
  expect(other.asked[0]?.headers).not.toHaveProperty("x-key");
  expect(await play({ url, follow_redirects: false, status: 302 }).look()).toMatchObject({
    outcome: "success",
  });
});

it("http watcher: a redirected POST becomes a GET, except after 307", async () => {
  const other = await serve(200, "");
  for (const status of [303, 307]) {
    const { url } = await serve(status, "", { location: other.url });
    await play({ url, method: "POST", body: "{}" }).look();
  }
  expect(other.asked).toMatchObject([
    { method: "GET", body: "" },
    { method: "POST", body: "{}" },
  ]);
});

it("http watcher: gives up after its timeout, also in the middle of a body", async () => {
  for (const begins of [false, true]) {
    const events = new EventEmitter();
    const url = await listen((_, response) => {
      if (begins) response.write("{");
      events.emit("asked");
    });
    const asked = once(events, "asked");
    const watcher = play({ url, timeout: "5s" });
    const looked = watcher.look();
    await asked;
    await watcher.clock.advance(5_000);
    expect(await looked).toMatchObject({
      fire: "fail",
      error: `GET ${url}/: no complete answer within 5000 ms`,
    });
  }
});

it("http watcher: says nothing when it is aborted, and reports a server that is away", async () => {
  const events = new EventEmitter();
  const url = await listen(() => events.emit("asked"));
  const asked = once(events, "asked");
  const stop = new AbortController();
  const looked = play({ url }).peek("interval", stop.signal);
  await asked;
  stop.abort(new Error("the machine stops"));
  await expect(looked).rejects.toThrow("the machine stops");
  expect((await play({ url: "http://127.0.0.1:1/x" }).look()).error).toMatch(
    /^GET http:\/\/127.0.0.1:1\/x: .*ECONNREFUSED/,
  );
});

it("http watcher: does not read more than 1 MiB", async () => {
  const { url } = await serve(200, "x".repeat(1_048_577));
  expect((await play({ url }).look()).error).toBe(
    `GET ${url}/: answered with more than 1.0 MiB, the most that is read`,
  );
});

it("http watcher: trusts the certificate authority that it is given, or any certificate", async () => {
  const url = await listen((_, response) => void response.end("ok"), true);
  const machine = { directory: fixtures };
  const outcomeWith = (tls: object) => play({ url, tls }, { machine }).look();
  expect(await outcomeWith({})).toMatchObject({
    outcome: "error",
    error: expect.stringContaining("certificate"),
  });
  expect(await outcomeWith({ insecure: true })).toMatchObject({ outcome: "success" });
  expect(await outcomeWith({ ca: "certificate.pem" })).toMatchObject({
    outcome: "success",
  });
  expect(await outcomeWith({ ca: "certificate.pem", server_name: "localhost" })).toMatchObject({
    outcome: "error",
    error: expect.stringContaining("localhost"),
  });
  expect((await outcomeWith({ ca: "none.pem" })).error).toMatch(/tls\.ca .*none\.pem cannot be read/);
});

it("http watcher: announces only another outcome than before", async () => {
  let status = 200;
  const url = await listen((_, response) => void response.writeHead(status).end());
  const watcher = play({ url });
  const announced: (boolean | undefined)[] = [];
  for (const next of [200, 200, 500, 500, 200]) {
    status = next;
    announced.push((await watcher.look()).announce);
  }
  expect(announced).toEqual([true, false, true, false, true]);
});

it.each([
  [{ url: "ftp://x" }, 'url must begin with "http://" or "https://"'],
  [{ url: "http://x", body: "{}" }, "a GET has no body: write method: POST, or remove body"],
  [
    { url: "http://x", method: "HEAD", store: { a: "b" } },
    "the answer to HEAD has no body: write method: GET",
  ],
  [{ url: "http://x", tls: { cert: "a" } }, "cert and key belong together: write both or neither"],
  [{ url: "http://x", success_when: "bdy.ok" }, "unknown name"],
  [{ url: "http://{{ lookup" }, "{{"],
])("http watcher: the door refuses %j", (properties, message) => {
  expect(
    faultsOf(http, properties)
      .map((fault) => fault.message)
      .join(),
  ).toContain(message);
});
