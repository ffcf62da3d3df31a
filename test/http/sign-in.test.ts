/** Who gets a session, and how. */
import { describe, expect, it } from "vitest";
import type { Routes } from "../../src/http/routes.ts";
import type { ServingOptions } from "./serving.ts";
import { cookieOf, list, site, tokens } from "./signed-in.ts";

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
