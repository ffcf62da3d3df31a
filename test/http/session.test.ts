/** Sessions of browsers: who gets one, what it is good for, and what ends it. */
import { stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { machineRoutes } from "../../src/http/machines.ts";
import type { Routes } from "../../src/http/routes.ts";
import { sessionMs } from "../../src/http/sessions.ts";
import { hashOfToken } from "../../src/lib/token.ts";
import { SimulatedClock } from "../simulated-clock.ts";
import { type Answer, knownToken, type Serving, type ServingOptions, serving } from "./serving.ts";

const tokens = [knownToken("reader", "read"), knownToken("root", "admin")];
const list = "/v1/machines";
const go = { method: "POST", path: `${list}/m/transition`, body: { transition: "go" } };

/** Stands for the page: it holds nothing, so it is open. */
const page: Routes = (app) => {
  app.get("/", { config: { scope: "open" } }, (_request, reply) => reply.type("text/html").send("<page>"));
};

function site(options: ServingOptions = {}): Promise<Serving> {
  return serving({ http: { tokens }, routes: (made) => [machineRoutes(made.supervisor), page], ...options });
}

function cookieOf({ headers }: Answer): string {
  const [cookie = ""] = headers["set-cookie"] ?? [];
  return cookie.split(";")[0] ?? "";
}

interface SignedIn {
  readonly cookie: string;
  readonly "x-csrf-token": string;
}

async function signIn({ askTcp }: Serving, token: string): Promise<SignedIn> {
  const answer = await askTcp({ method: "POST", path: "/v1/session", body: { token } });
  expect(answer.status).toBe(200);
  return { cookie: cookieOf(answer), "x-csrf-token": answer.body.csrf };
}

describe("signing in", () => {
  it("with a token: a cookie that no script reads and no other site sends", async () => {
    const { askTcp } = await site();
    const answer = await askTcp({ method: "POST", path: "/v1/session", body: { token: "reader" } });
    expect(answer).toMatchObject({
      status: 200,
      headers: { "cache-control": "no-store" },
      body: { name: "reader", scopes: ["read"], csrf: expect.stringMatching(/^[\w-]{43}$/) },
    });
    expect(answer.headers["set-cookie"]).toEqual([
      expect.stringMatching(
        /^machinist_session_[\w-]{8}=[\w.-]+; Max-Age=2592000; Path=\/; HttpOnly; SameSite=Strict$/,
      ),
    ]);
    const headers = { cookie: cookieOf(answer) };
    expect(await askTcp({ path: "/v1/session", headers })).toMatchObject({ status: 200, body: answer.body });
    expect(await askTcp({ path: list, headers })).toMatchObject({ status: 200 });
  });

  it("with a wrong token: nothing", async () => {
    const { askTcp } = await site();
    const answer = await askTcp({ method: "POST", path: "/v1/session", body: { token: "other" } });
    expect(answer).toMatchObject({ status: 401, body: { error: { message: "this token is not known" } } });
    expect(answer.headers).not.toHaveProperty("set-cookie");
  });

  it.each([
    ["/?token=root", "/"],
    ["/?view=kv&token=root", "/?view=kv"],
    ["//evil.example/?token=root", "/"],
    ["/.//evil.example/?token=root", "/evil.example/"],
  ])("with the link %s: the cookie, and on to %s", async (path, location) => {
    const { askTcp } = await site();
    const answer = await askTcp({ path });
    expect(answer).toMatchObject({
      status: 303,
      headers: { location, "cache-control": "no-store", "referrer-policy": "no-referrer" },
    });
    const headers = { cookie: cookieOf(answer) };
    expect((await askTcp({ path: "/v1/session", headers })).body).toMatchObject({ name: "root" });
  });

  it("with a link that holds a wrong token: the page itself, which asks for one", async () => {
    const { askTcp } = await site();
    const answer = await askTcp({ path: "/?token=other" });
    expect(answer).toMatchObject({ status: 200, body: "<page>" });
    expect(answer.headers).not.toHaveProperty("set-cookie");
  });

  it("a link that fails is logged without what it holds", async () => {
    const broken: Routes = (app) => {
      app.get("/", { config: { scope: "open" } }, () => {
        throw new Error("broken");
      });
    };
    const { askTcp, logged } = await site({ routes: () => [broken] });
    const seen = logged("a request failed", { method: "GET", path: "/", reason: "broken" });
    expect(await askTcp({ path: "/?token=other" })).toMatchObject({ status: 500 });
    await seen;
  });

  it("a link to data is none", async () => {
    const { askTcp } = await site();
    expect(await askTcp({ path: `${list}?token=root` })).toMatchObject({ status: 401 });
  });

  it("is tried so often and no more, also with the right token", async () => {
    const { askTcp } = await site();
    for (let tries = 0; tries < 60; tries += 1) await askTcp({ path: "/?token=guess" });
    expect(await askTcp({ path: "/?token=root" })).toMatchObject({
      status: 429,
      body: { error: { message: expect.stringMatching(/^more than 60 tries to sign in within a minute/) } },
    });
    expect(await askTcp({ path: list, headers: { authorization: "Bearer root" } })).toMatchObject({
      status: 200,
    });
  });

  it("over the socket there is none", async () => {
    const { ask } = await site();
    expect(await ask("GET", "/v1/session")).toMatchObject({ status: 404 });
  });
});

describe("who asks", () => {
  it("a token in the header goes before the cookie, a wrong one too", async () => {
    const made = await site();
    const { cookie } = await signIn(made, "root");
    const asked = (authorization: string) =>
      made.askTcp({ path: "/v1/session", headers: { cookie, authorization } });
    expect((await asked("Bearer reader")).body).toEqual({ name: "reader", scopes: ["read"], csrf: null });
    expect(await asked("Bearer other")).toMatchObject({ status: 401 });
  });

  it("anyone, where it is open", async () => {
    const { askTcp } = await site({ http: { open: true } });
    const anyone = { name: "anyone", scopes: ["admin"], csrf: null };
    expect(await askTcp({ path: "/v1/session" })).toMatchObject({ status: 200, body: anyone });
  });
});

describe("a session does not let in", () => {
  const flipped = (text: string): string => text.slice(0, -2) + (text.endsWith("AA") ? "BB" : "AA");
  it.each([
    ["no cookie", () => "", "there is none: Authorization: Bearer TOKEN"],
    ["a cookie of something else", () => "other=1", "there is none: Authorization: Bearer TOKEN"],
    ["a forged signature", flipped, "the session has ended; sign in again"],
    ["a later end", (cookie: string) => cookie.replace(/=\d/, "=9"), "the session has ended; sign in again"],
    [
      "no signature",
      (cookie: string) => cookie.replace(/\.[^.]*$/, ""),
      "the session has ended; sign in again",
    ],
    ["nothing", (cookie: string) => cookie.replace(/=.*/, "="), "the session has ended; sign in again"],
  ])("with %s", async (_, change, reason) => {
    const made = await site();
    const headers = { cookie: change((await signIn(made, "root")).cookie) };
    expect(await made.askTcp({ path: list, headers })).toMatchObject({
      status: 401,
      body: { error: { message: `a token is needed, and ${reason}` } },
    });
  });

  it("of another daemon, under the name of its own", async () => {
    const [one, other] = [await site(), await site()];
    const [theirs, ours] = [(await signIn(other, "root")).cookie, (await signIn(one, "root")).cookie];
    expect(theirs.split("=")[0]).not.toBe(ours.split("=")[0]);
    const cookie = `${ours.split("=")[0]}=${theirs.split("=")[1]}`;
    expect(await one.askTcp({ path: list, headers: { cookie } })).toMatchObject({ status: 401 });
  });

  it("after 30 days, used or not", async () => {
    const clock = new SimulatedClock();
    const made = await site({ clock });
    const { cookie } = await signIn(made, "root");
    await clock.advance(sessionMs - 1);
    expect(await made.askTcp({ path: list, headers: { cookie } })).toMatchObject({ status: 200 });
    await clock.advance(1);
    expect(await made.askTcp({ path: list, headers: { cookie } })).toMatchObject({ status: 401 });
  });
});

describe("writes with a session", () => {
  const forbidden = (message: unknown) => ({ status: 403, body: { error: { code: "FORBIDDEN", message } } });
  it.each([
    [
      "no csrf token",
      { "x-csrf-token": undefined },
      "a write with a session needs the header x-csrf-token, and there is none; GET /v1/session tells it",
    ],
    [
      "a wrong csrf token",
      { "x-csrf-token": "wrong" },
      "a write with a session needs the header x-csrf-token, and it is not that of this session; GET /v1/session tells it",
    ],
    [
      "a page of another site",
      { "sec-fetch-site": "cross-site" },
      "pages of other origins may not write with a session",
    ],
    [
      "a page of another port",
      { "sec-fetch-site": "same-site" },
      "pages of other origins may not write with a session",
    ],
    [
      "a page of another origin, listed as it may be",
      { origin: "https://dash.example" },
      "pages of other origins may not write with a session",
    ],
  ])("%s is refused", async (_, changed, message) => {
    const made = await site({ http: { tokens, origins: ["https://dash.example"] } });
    const all = Object.entries({ ...(await signIn(made, "root")), ...changed });
    const headers = Object.fromEntries(
      all.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
    );
    expect(await made.askTcp({ ...go, headers })).toMatchObject(forbidden(message));
    for (const method of ["PUT", "PATCH", "DELETE"])
      expect(await made.askTcp({ method, path: "/v1/session", headers })).toMatchObject({ status: 403 });
  });

  it("the csrf token of another session is a wrong one", async () => {
    const made = await site();
    const [one, other] = [await signIn(made, "root"), await signIn(made, "root")];
    const headers = { ...one, "x-csrf-token": other["x-csrf-token"] };
    expect(await made.askTcp({ ...go, headers })).toMatchObject({ status: 403 });
  });

  it("of our own page go through; as far as the token is good for it", async () => {
    const made = await site();
    const own = { "sec-fetch-site": "same-origin", origin: `http://127.0.0.1:${made.port}` };
    const asOwn = async (token: string) =>
      made.askTcp({ ...go, headers: { ...own, ...(await signIn(made, token)) } });
    expect(await asOwn("reader")).toMatchObject(
      forbidden("token reader is good for read, and this needs transition"),
    );
    expect(await asOwn("root")).toMatchObject({ status: 200 });
  });
});

describe("a session ends", () => {
  it("when somebody signs out: the browser forgets the cookie", async () => {
    const made = await site();
    const { cookie, ...csrf } = await signIn(made, "root");
    const out = { method: "DELETE", path: "/v1/session" };
    expect(await made.askTcp({ ...out, headers: { cookie } })).toMatchObject({ status: 403 });
    const answer = await made.askTcp({ ...out, headers: { cookie, ...csrf } });
    expect(answer.status).toBe(204);
    expect(answer.headers["set-cookie"]).toEqual([
      expect.stringMatching(/^machinist_session_[\w-]{8}=; Max-Age=0; Path=\/; HttpOnly; SameSite=Strict$/),
    ]);
  });

  it.each([
    ["removed", [knownToken("reader", "read")]],
    ["changed", [{ ...knownToken("root", "admin"), hash: hashOfToken("new") }]],
    ["given to another", [{ ...knownToken("root", "admin"), name: "other" }]],
  ])("when its token is %s", async (_, left) => {
    const made = await site();
    const { cookie } = await signIn(made, "root");
    const again = await made.again({ tokens: left });
    expect(await again.askTcp({ path: list, headers: { cookie } })).toMatchObject({ status: 401 });
  });

  it("not with the daemon; and what its token may now, it may", async () => {
    const made = await site();
    const signedIn = await signIn(made, "root");
    const again = await made.again();
    expect(await again.askTcp({ ...go, headers: { ...signedIn } })).toMatchObject({ status: 200 });
    const less = await again.again({ tokens: [knownToken("root", "read")] });
    expect(await less.askTcp({ ...go, headers: { ...signedIn } })).toMatchObject({ status: 403 });
  });

  it("what signs it is for the daemon's user alone", async () => {
    const { socketPath } = await site();
    const { mode, size } = await stat(join(dirname(socketPath), "session.secret"));
    expect([mode & 0o777, size]).toEqual([0o600, 32]);
  });
});

describe("without tokens", () => {
  const none: ServingOptions = { http: { open: false } };

  it("one is made at each start, and the link with it signs in; nobody else is let in", async () => {
    const made = await site(none);
    const { origin, pathname, search } = new URL(made.signInUrl ?? "");
    expect([origin, pathname, search]).toEqual([
      `http://127.0.0.1:${made.port}`,
      "/",
      expect.stringMatching(/^\?token=mch_[\w-]{43}$/),
    ]);
    expect(await made.askTcp({ path: list })).toMatchObject({ status: 401 });
    const cookie = cookieOf(await made.askTcp({ path: `/${search}` }));
    expect((await made.askTcp({ path: "/v1/session", headers: { cookie } })).body).toMatchObject({
      name: "start",
      scopes: ["admin"],
    });
    const again = await made.again();
    expect(again.signInUrl).not.toContain(search);
    expect(await again.askTcp({ path: list, headers: { cookie } })).toMatchObject({ status: 200 });
    expect((await again.askTcp({ path: `/${search}` })).headers).not.toHaveProperty("set-cookie");
    const configured = await again.again({ tokens });
    expect(configured.signInUrl).toBeUndefined();
    expect(await configured.askTcp({ path: list, headers: { cookie } })).toMatchObject({ status: 401 });
  });

  it("and open: nobody is asked for one", async () => {
    const made = await site({ http: { open: true } });
    expect(made.signInUrl).toBeUndefined();
    expect(await made.askTcp({ path: list })).toMatchObject({ status: 200 });
  });
});
