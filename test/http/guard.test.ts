/** Who is let in on TCP, and what they get who are not: a row each. */
import { describe, expect, it } from "vitest";
import { serve } from "../../src/http/server.ts";
import { supervise } from "../supervisor/supervise.ts";
import { knownToken, openHttp, serving } from "./serving.ts";

const tokens = [knownToken("reader", "read"), knownToken("mover", "transition"), knownToken("root", "admin")];
const withToken = (token: string) => ({ authorization: `Bearer ${token}` });
const list = "/v1/machines";

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
    expect(await askTcp(asked)).toMatchObject({ status: 413, body: { error: { code: "VALUE_TOO_LARGE" } } });
    const chunked = { ...asked, headers: { "transfer-encoding": "chunked" } };
    expect(await askTcp(chunked)).toMatchObject({ status: 413 });
  });

  it("headers that are too large", async () => {
    const { speak } = await serving();
    const answer = await speak(`GET ${list} HTTP/1.1\r\nHost: localhost\r\nX: ${"x".repeat(20_000)}\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 431 .*"the headers are too large"/s);
  });

  it("slow body and slow headers: answered 408 and closed", async () => {
    const { speak } = await serving({ limits: { requestMs: 50, checkEveryMs: 10 } });
    const head = `POST ${list}/m/transition HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n`;
    for (const slow of [`${head}Content-Length: 20\r\n\r\n{`, head])
      expect(await speak(slow)).toMatch(/^HTTP\/1\.1 408 .*"the request was not all there in time"/s);
  });

  it.each([
    [`${list}/../../etc/passwd`, 404],
    [`${list}/..%2f..%2fetc%2fpasswd`, 404],
    [`${list}/%2e%2e`, 404],
    [`/${list}/m`, 404],
    [`${list}/m/`, 404],
    [`${list}/m%00`, 404],
    [`${list}/${"m".repeat(2_000)}`, 400],
    [`${list}/%zz`, 400],
    ["/v1/machines/__proto__", 404],
    [`${list}/m/data/__proto__`, 404],
    [`${list}/m/data/constructor`, 404],
  ])("path trick %s is answered %i", async (path, status) => {
    const { speak } = await serving();
    const answer = await speak(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(answer).toContain('{"error":{"code":"');
  });

  it.each([
    [
      "a bare line feed in a header",
      "GET /v1/machines HTTP/1.1\r\nHost: localhost\r\nX: a\nSet-Cookie: b\r\n\r\n",
      400,
    ],
    [
      "two lengths",
      "POST /v1/machines HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
      400,
    ],
    ["a space before the colon", "GET /v1/machines HTTP/1.1\r\nHost: localhost\r\nX : a\r\n\r\n", 400],
    ["no host", "GET /v1/machines HTTP/1.1\r\nConnection: close\r\n\r\n", 400],
    ["no HTTP", "hello\r\n\r\n", 400],
  ])("header injection: %s", async (_, bytes, status) => {
    const { speak } = await serving();
    expect(await speak(bytes)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
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

  it("security headers on all answers, and nothing that says what answers", async () => {
    const { askTcp, ask } = await serving();
    for (const answer of [await askTcp({ path: list }), await ask("GET", "/nothing")]) {
      expect(answer.headers).toMatchObject({
        "content-security-policy": "default-src 'none';frame-ancestors 'none'",
        "x-content-type-options": "nosniff",
        "x-frame-options": "SAMEORIGIN",
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
