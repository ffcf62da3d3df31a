import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { namesIn, storedKey, storedNamespace } from "../../../src/http/butler/stored-names.ts";
import { validateKey } from "../../../src/kv/names.ts";

/** Names as people give them, and such as are made to confuse. */
const names = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 30 }),
  fc.string({ unit: fc.constantFrom("=", ".", "2", "E", "_", "k", "v", "/", " ", "é"), maxLength: 8 }),
);

describe("names of Butler in the store", () => {
  it.each([
    ["ns1", "k1", "ns1.k1"],
    ["a/b", "limits.memory", "a/b.limits.memory"],
    ["a1b2-c3_d4", "x=y==", "a1b2-c3_d4.x=y=="],
    ["Sales ETL", "a:b", "Sales=20ETL.a=3Ab"],
    ["a.b", "é", "a=2Eb.=C3=A9"],
    ["_kv", "_kv", "=5Fkv._kv"],
    ["", "=", "=.=3D"],
    ["=41", "..", "=3D41.=2E=2E"],
    ["*", ">", "=2A.=3E"],
  ])("%j, %j are stored as %s", (namespace, key, stored) => {
    expect(storedKey(namespace, key)).toBe(stored);
    expect(namesIn(stored)).toEqual({ namespace, key });
  });

  it("any name is legal there, and comes back", () => {
    const property = fc.property(names, names, (namespace, key) => {
      const stored = storedKey(namespace, key);
      validateKey(stored);
      validateKey(storedNamespace(namespace));
      expect(namesIn(stored)).toEqual({ namespace, key });
      expect(namesIn(storedNamespace(namespace))).toEqual({ namespace, key: undefined });
    });
    fc.assert(property, { numRuns: 5000 });
  });
});
