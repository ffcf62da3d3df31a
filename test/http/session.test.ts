/** Sessions of browsers: what one is good for, and what ends it. */
import { stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { sessionMs } from "../../src/http/sessions.ts";
import { hashOfToken } from "../../src/lib/token.ts";
import { SimulatedClock } from "../simulated-clock.ts";
import { knownToken } from "./serving.ts";
import { go, list, signIn, site, tokens } from "./signed-in.ts";

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
