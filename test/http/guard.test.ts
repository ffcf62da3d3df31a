/** Who is let in on TCP, and what they get who are not: a row each. */
import { once } from "node:events";
import { connect } from "node:net";
import { describe, expect, it } from "vitest";
import { RecentEvents } from "../../src/events/recent.ts";
import { eventRoutes } from "../../src/http/events.ts";
import { LiveStreams } from "../../src/http/live.ts";
import { serve } from "../../src/http/server.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { supervise } from "../supervisor/supervise.ts";
import { knownToken, openHttp, serving } from "./serving.ts";

const tokens = [knownToken("reader", "read"), knownToken("mover", "transition"), knownToken("root", "admin")];
const withToken = (token: string) => ({ authorization: `Bearer ${token}` });
const list = "/v1/machines";

/** Of an answer as it was sent, in one piece or in chunks. */
function bodyOf(answer: string): unknown {
  return JSON.parse(answer.slice(answer.indexOf("{"), answer.lastIndexOf("}") + 1));
}

describe("security table", () => {
  it.each([
    ["no token", {}, 401, "a token is needed, and there is none: Authorization: Bearer TOKEN"],
    [
      "wrong token",
      withToken("other"),
      401,
      "a token is needed, and it is not known: Authorization: Bearer TOKEN",
    ],
    ["no bearer", { authorization: "Basic cmVhZGVyOg==" }, 401, expect.stringContaining("it is not known")],
    ["wrong scope", withToken("mover"), 403, "token mover is good for transition, and this needs read"],
    [
      "foreign Host",
      { ...withToken("reader"), host: "evil.example" },
      421,
      expect.stringContaining("http.hosts"),
    ],
    [
      "Host that begins like ours",
      { ...withToken("reader"), host: "localhost.evil.example" },
      421,
      expect.stringContaining('"localhost.evil.example"'),
    ],
    [
      "foreign page",
      { ...withToken("reader"), origin: "http://evil.example" },
      403,
      "pages of this origin may not ask; add it to http.origins",
    ],
  ])("%s", async (_, headers, status, message) => {
    const { askTcp } = await serving({ http: { tokens } });
    expect(await askTcp({ path: list, headers })).toMatchObject({ status, body: { error: { message } } });
    expect(await askTcp({ path: list, headers: withToken("reader") })).toMatchObject({ status: 200 });
  });

  it("each scope opens its routes and no others; admin opens all", async () => {
    const { askTcp } = await serving({ http: { tokens } });
    const go = { method: "POST", path: `${list}/m/transition`, body: { transition: "go" } };
    const set = { method: "PUT", path: `${list}/m/data/a`, body: { value: 1 } };
    const statuses = async (token: string) => {
      const answers = [];
      for (const asked of [set, { path: list }, go])
        answers.push((await askTcp({ ...asked, headers: withToken(token) })).status);
      return answers;
    };
    expect(await statuses("reader")).toEqual([403, 200, 403]);
    expect(await statuses("mover")).toEqual([403, 403, 200]);
    expect(await statuses("root")).toEqual([200, 200, 409]);
  });

  it("without a token nobody learns which paths there are; what is open is open", async () => {
    const { askTcp } = await serving({ http: { tokens } });
    expect(await askTcp({ path: "/v1/nothing" })).toMatchObject({ status: 401 });
    expect(await askTcp({ path: "/v1/nothing", headers: withToken("mover") })).toMatchObject({ status: 404 });
    expect(await askTcp({ path: list })).toMatchObject({ headers: { "www-authenticate": "Bearer" } });
    expect(await askTcp({ path: "/openapi.json" })).toMatchObject({ status: 200 });
  });

  it("oversize: refused before it is read, also when its length was not announced", async () => {
    const { askTcp } = await serving({ limits: { bodyBytes: 1_000 } });
    const asked = { method: "PUT", path: `${list}/m/data/a`, body: { value: "x".repeat(2_000) } };
    const error = { code: "VALUE_TOO_LARGE", message: "Request body is too large" };
    expect(await askTcp(asked)).toMatchObject({ status: 413, body: { error } });
    const chunked = { ...asked, headers: { "transfer-encoding": "chunked" } };
    expect(await askTcp(chunked)).toMatchObject({ status: 413, body: { error } });
  });

  it("headers that are too large", async () => {
    const { speak } = await serving();
    const answer = await speak(`GET ${list} HTTP/1.1\r\nHost: localhost\r\nX: ${"x".repeat(20_000)}\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 431 .*"the headers are too large"/s);
    const head = await speak(`HEAD ${list} HTTP/1.1\r\nHost: localhost\r\nX: ${"x".repeat(20_000)}\r\n\r\n`);
    expect(head).toMatch(/^HTTP\/1\.1 431 .*\r\n\r\n$/s);
  });

  it("slow body and slow headers: answered 408 and closed", async () => {
    const { speak } = await serving({ limits: { requestMs: 50, checkEveryMs: 10 } });
    const head = `POST ${list}/m/transition HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n`;
    for (const slow of [`${head}Content-Length: 20\r\n\r\n{`, head]) {
      const answer = await speak(slow);
      expect(answer).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/);
      const error = { code: "TIMEOUT", message: "the request was not all there in time" };
      expect(bodyOf(answer)).toEqual({ error: { ...error, details: {} } });
    }
  });

  const noRoute = (path: string) => [404, "ROUTE_NOT_FOUND", `there is no GET ${path}`] as const;
  const noMachine = (name: string) =>
    [404, "MACHINE_NOT_FOUND", `there is no machine ${JSON.stringify(name)}; there are: m`] as const;

  it.each([
    [`${list}/../../etc/passwd`, ...noRoute(`${list}/../../etc/passwd`)],
    [`${list}/..%2f..%2fetc%2fpasswd`, ...noMachine("../../etc/passwd")],
    [`${list}/%2e%2e`, ...noMachine("..")],
    [`/${list}/m`, ...noRoute(`/${list}/m`)],
    [`${list}/m/`, ...noRoute(`${list}/m/`)],
    [`${list}/m%00`, ...noMachine("m\0")],
    [
      `${list}/${"m".repeat(2_000)}`,
      400,
      "INVALID_ARGUMENT",
      "params/name must NOT have more than 128 characters",
    ],
    [`${list}/%zz`, 400, "INVALID_ARGUMENT", `'${list}/%zz' is not a valid url component`],
    [`${list}/__proto__`, ...noMachine("__proto__")],
    [`${list}/m/data/__proto__`, 404, "DATA_NOT_FOUND", 'machine m has no data "__proto__"; it has: none'],
    [
      `${list}/m/data/constructor`,
      404,
      "DATA_NOT_FOUND",
      'machine m has no data "constructor"; it has: none',
    ],
  ])("path trick %s is answered %i", async (path, status, code, message) => {
    const { speak } = await serving();
    const answer = await speak(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(bodyOf(answer)).toEqual({ error: { code, message, details: {} } });
  });

  it.each([
    [
      "a bare line feed in a header",
      "GET /v1/machines HTTP/1.1\r\nHost: localhost\r\nX: a\nSet-Cookie: b\r\n\r\n",
    ],
    [
      "two lengths",
      "POST /v1/machines HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
    ],
    ["a space before the colon", "GET /v1/machines HTTP/1.1\r\nHost: localhost\r\nX : a\r\n\r\n"],
    ["no HTTP", "hello\r\n\r\n"],
  ])("header injection: %s", async (_, bytes) => {
    const { speak } = await serving();
    const answer = await speak(bytes);
    const error = { code: "INVALID_ARGUMENT", message: "this is no HTTP request" };
    expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(bodyOf(answer)).toEqual({ error: { ...error, details: {} } });
  });

  it("no host", async () => {
    const { speak } = await serving();
    expect(await speak(`GET ${list} HTTP/1.1\r\nConnection: close\r\n\r\n`)).toMatch(/^HTTP\/1\.1 400 /);
  });

  it("what a request holds comes back in no header", async () => {
    const { speak } = await serving();
    const path = `${list}/m%0d%0aSet-Cookie:%20a=b`;
    const answer = await speak(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
    expect(answer.split("\r\n\r\n")[0]).not.toMatch(/set-cookie/i);
  });

  it("too many requests of one address", async () => {
    const { askTcp } = await serving({ http: { ratePerMinute: 2, tokens } });
    for (const status of [401, 401, 429]) expect(await askTcp({ path: list })).toMatchObject({ status });
    expect(await askTcp({ path: list })).toMatchObject({
      headers: { "retry-after": expect.any(String) },
      body: { error: { code: "RATE_LIMITED", message: /^more than 2 requests in a minute/ } },
    });
  });

  it("SSE flood: more than so many are refused, and there is room again when one leaves", async () => {
    const streams = new LiveStreams({ clock: systemClock, most: 2 });
    const { port, askTcp } = await serving({
      routes: ({ services }) => [eventRoutes(new RecentEvents(services.bus, 0), streams)],
    });
    const sockets = [connect(port, "127.0.0.1"), connect(port, "127.0.0.1")];
    for (const socket of sockets) {
      socket.write("GET /v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n");
      await once(socket, "data");
    }
    expect(streams.count).toBe(2);
    expect(await askTcp({ path: "/v1/events" })).toMatchObject({
      status: 429,
      body: { error: { code: "RATE_LIMITED", message: "2 streams are open already; try again later" } },
    });
    for (const socket of sockets) socket.destroy();
    await expect.poll(() => streams.count).toBe(0);
    expect(await askTcp({ path: "/v1/events?follow=false" })).toMatchObject({ status: 200 });
  });

  it("security headers on all answers, and nothing that says what answers", async () => {
    const { askTcp, ask } = await serving();
    const broken = await askTcp({ path: `${list}/%zz` });
    for (const answer of [await askTcp({ path: list }), await ask("GET", "/nothing"), broken]) {
      expect(answer.headers).toMatchObject({
        "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
      });
      expect(answer.headers).not.toHaveProperty("x-powered-by");
      expect(answer.headers).not.toHaveProperty("access-control-allow-origin");
    }
  });
});

describe("pages", () => {
  const origin = "https://dash.example";

  it("of listed origins may ask, and ask before", async () => {
    const { askTcp } = await serving({ http: { origins: [origin], tokens } });
    const asked = { origin, "access-control-request-method": "POST" };
    const before = await askTcp({ method: "OPTIONS", path: `${list}/m/transition`, headers: asked });
    expect(before).toMatchObject({
      status: 204,
      headers: { "access-control-allow-origin": origin, vary: "Origin" },
    });
    const answer = await askTcp({ path: list, headers: { origin, ...withToken("reader") } });
    expect(answer).toMatchObject({ status: 200, headers: { "access-control-allow-origin": origin } });
  });

  it("of the daemon itself may ask", async () => {
    const { askTcp, port } = await serving();
    const headers = { host: `localhost:${port}`, origin: `http://localhost:${port}` };
    expect(await askTcp({ path: list, headers })).toMatchObject({ status: 200 });
  });
});

describe("listening", () => {
  it.each(["0.0.0.0", "::", "192.0.2.1", "build.example"])(
    "on %s needs tokens or client certificates",
    async (host) => {
      const { services, directory } = await supervise();
      const refused = serve({
        socketPath: `${directory}/s.sock`,
        routes: [],
        log: services.log,
        http: { ...openHttp, open: false, host },
      });
      await expect(refused).rejects.toMatchObject({
        code: "INVALID_CONFIG",
        message: `http.listen: ${host} can be reached from other hosts, and there are neither tokens nor a tls.client_ca; make a token with \`machinist token new NAME --scopes read\`, or listen on 127.0.0.1`,
      });
    },
  );

  it.each([
    [{ host: "0.0.0.0" }, "0.0.0.0 can be reached from other hosts"],
    [{ tokens }, "there are tokens"],
  ])("open is not for %o", async (http, reason) => {
    const { services, directory } = await supervise();
    const refused = serve({
      socketPath: `${directory}/s.sock`,
      routes: [],
      log: services.log,
      http: { ...openHttp, ...http },
    });
    await expect(refused).rejects.toMatchObject({
      code: "INVALID_CONFIG",
      message: `http.open: whoever can connect may do everything, and ${reason}; leave out one of the two`,
    });
  });

  it("on an address with tokens is fine, and a port that is taken is said", async () => {
    const { port, services, directory } = await serving({ http: { host: "0.0.0.0", tokens } });
    const again = serve({
      socketPath: `${directory}/other.sock`,
      routes: [],
      log: services.log,
      http: { ...openHttp, port },
    });
    await expect(again).rejects.toMatchObject({
      code: "INVALID_CONFIG",
      message: `http.listen: another program has port ${port} of 127.0.0.1; stop that one, or take another port with --http 127.0.0.1:PORT`,
    });
  });

  it("names that were configured are asked for", async () => {
    const { askTcp } = await serving({ http: { hosts: ["machinist.example"] } });
    for (const host of ["machinist.example", "MACHINIST.example:443", "127.0.0.1", "[::1]:80"])
      expect(await askTcp({ path: list, headers: { host } })).toMatchObject({ status: 200 });
  });
});

it("over the socket nothing is asked for", async () => {
  const { ask } = await serving({ http: { tokens, ratePerMinute: 1 } });
  for (const host of ["localhost", "any.example"])
    expect(await ask("GET", list, undefined, { host })).toMatchObject({ status: 200 });
});
