import { expect, it } from "vitest";
import { sessionCookie } from "../../src/http/session-cookie.ts";

it("over TLS it is sent over TLS only", () => {
  const { write, clear } = sessionCookie("a1", { secure: true });
  const manners = "Path=/; HttpOnly; Secure; SameSite=Strict";
  expect(write("text", 2_000)).toBe(`machinist_session_a1=text; Max-Age=2; ${manners}`);
  expect(clear()).toBe(`machinist_session_a1=; Max-Age=0; ${manners}`);
});

it.each([
  [undefined, undefined],
  ["", undefined],
  ["machinist_session_b2=other; machinist_session_a1=text", "text"],
  ["machinist_session_a1=%zz", "%zz"],
])("in the header %o it is %o", (header, text) => {
  expect(sessionCookie("a1", { secure: false }).read(header)).toBe(text);
});
