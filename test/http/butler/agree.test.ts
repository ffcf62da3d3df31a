/** Random requests in random order: what is in a store answers as what is in memory does. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Answer, type Butler, eachTime, stores } from "./harness.ts";

interface Step {
  readonly method: string;
  readonly path: string;
  readonly body?: string | undefined;
  readonly meaning?: string | undefined;
  /** Time that goes by before. */
  readonly afterMs: number;
}

const names = fc.constantFrom("a", "b", "a b", "c.d", "é", "");
const numbers = fc.constantFrom("100", "250", "0", "-1", '"100"', "null", '"x"', "1e21", "{}");
const values = fc.constantFrom('"v"', '"w"', '""', "5", "null", "[1]", "[1,2]", "{}");

const member = (name: string, among: fc.Arbitrary<string>) =>
  fc
    .oneof({ weight: 4, arbitrary: among }, fc.constant(undefined))
    .map((text) => (text === undefined ? [] : [`"${name}":${text}`]));

const body = fc.oneof(
  {
    weight: 8,
    arbitrary: fc
      .tuple(
        member(
          "key",
          names.map((name) => JSON.stringify(name)),
        ),
        member("value", values),
        member("ttl", numbers),
      )
      .map((members) => `{${members.flat().join(",")}}`),
  },
  fc.constantFrom("[]", "{bad", "null", '"text"', "", undefined),
);

const query = fc.oneof(
  { weight: 4, arbitrary: names.map((name) => `?key=${encodeURIComponent(name)}`) },
  fc.constantFrom("", "?key=a&key=b", "?other=1"),
);

const path = fc.oneof(
  fc.constant("keyvaluesnamespaces"),
  fc
    .tuple(fc.constantFrom("keyvalues", "kvstore", "keylist"), names)
    .map(([prefix, name]) => `${prefix}/${part(name)}`),
  names.map((name) => `keyvalues/${part(name)}/keyexists`),
  fc.tuple(names, names).map(([name, key]) => `keyvalues/${part(name)}/${part(key)}`),
);

const step: fc.Arbitrary<Step> = fc.record({
  method: fc.oneof(
    { weight: 3, arbitrary: fc.constant("POST") },
    fc.constantFrom("GET", "DELETE", "PUT", "HEAD"),
  ),
  path: fc.tuple(path, query).map(([before, after]) => `/v4/${before}${after}`),
  body,
  meaning: fc.oneof(
    { weight: 3, arbitrary: fc.constant(undefined) },
    fc.constantFrom("DELETE", "GET", "HEAD", "nonsense"),
  ),
  afterMs: fc.constantFrom(0, 0, 50, 100),
});

const write: fc.Arbitrary<Step> = fc.record({
  method: fc.constant("POST"),
  path: names.map((name) => `/v4/keyvalues/${part(name)}`),
  body,
  afterMs: fc.constantFrom(0, 0, 50, 100),
});

function part(name: string): string {
  return encodeURIComponent(name);
}

async function take({ method, path, body, meaning, afterMs }: Step, { ask, clock }: Butler): Promise<Answer> {
  clock.leap(afterMs);
  const mayHaveBody = method === "POST" || method === "PUT" || method === "DELETE";
  const headers = meaning === undefined ? {} : { "x-http-method-override": meaning };
  return ask(method, path, mayHaveBody ? body : undefined, headers);
}

describe.each(stores)("any requests, $name", (place) => {
  const start = eachTime(place);

  it("are answered as from memory, and never with a fault of ours", async () => {
    const runs = fc.asyncProperty(
      fc.array(fc.oneof(step, write), { minLength: 20, maxLength: 20 }),
      async (steps) => {
        const stored = await start();
        const kept = await start({ memory: true });
        for (const { bucket } of await stored.store.listBuckets()) await stored.store.destroyBucket(bucket);
        for (const one of steps) {
          const [found, expected] = [await take(one, stored), await take(one, kept)];
          expect(found.status).toBeLessThan(500);
          expect({ status: found.status, body: found.body }).toEqual({
            status: expected.status,
            body: expected.body,
          });
        }
        await stored.close();
        await kept.close();
      },
    );
    await fc.assert(runs, { numRuns: place.name === "LMDB" ? 60 : 15 });
  });
});
