import { expect, it } from "vitest";
import { findToken, hashOfToken, mayDo, newToken, type Scope } from "../../src/lib/token.ts";

const known = (name: string, token: string, ...scopes: Scope[]) => ({
  name,
  hash: hashOfToken(token),
  scopes,
});

it("tokens are long, never the same, and found by what they are only", () => {
  const [one, other] = [newToken(), newToken()];
  expect(one).toMatch(/^mch_[\w-]{43}$/);
  expect(one).not.toBe(other);
  const list = [known("a", one, "read"), known("b", other, "write")];
  expect(findToken(list, one)?.name).toBe("a");
  expect(findToken(list, other)?.name).toBe("b");
  for (const wrong of ["", `${one} `, hashOfToken(one)]) expect(findToken(list, wrong)).toBeUndefined();
});

it("admin is good for everything, any other scope for itself", () => {
  expect(mayDo(known("a", "x", "admin"), "write")).toBe(true);
  expect(mayDo(known("a", "x", "read", "transition"), "transition")).toBe(true);
  expect(mayDo(known("a", "x", "write"), "read")).toBe(false);
});
