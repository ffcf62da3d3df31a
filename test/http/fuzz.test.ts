/** A short fuzz run; the long one is `npm run fuzz`. */
import { expect, it } from "vitest";
import { faultsOfDescription } from "./fuzz/description.ts";
import { faultOf } from "./fuzz/judge.ts";
import { runFuzz } from "./fuzz/run-fuzz.ts";

it("requests made from the description find no 5xx, no hang and no leak", async () => {
  const { faults, counts } = await runFuzz({ requests: 1_500, seed: 5 });
  expect(faults).toEqual([]);
  const succeeded = [...counts.keys()].filter((label) => /^\S+ \/\S+ 2\d\d$/.test(label));
  expect(succeeded.length).toBeGreaterThan(40);
  // Each request may take its time where the processors are busy.
}, 180_000);

const operation = {
  method: "GET",
  path: "/a",
  parameters: [],
  body: undefined,
  answers: new Map([[200, { type: "string" }]]),
};
const asked = { operation, method: "GET", path: "/a", headers: {}, body: undefined };
const contentType = "application/json";
const ours = (code: string) => JSON.stringify({ error: { code, message: "", details: {} } });

it.each([
  ["as described", { status: 200, text: '"a"' }, undefined],
  ["another shape", { status: 200, text: "1" }, /not as described/],
  ["another status", { status: 201, text: '"a"' }, /not described/],
  ["a refusal of ours", { status: 404, text: ours("KEY_NOT_FOUND") }, undefined],
  ["a refusal with another status", { status: 400, text: ours("KEY_NOT_FOUND") }, /code KEY_NOT_FOUND/],
  ["a refusal of somebody else", { status: 404, text: '{"message":"no"}' }, /without our body/],
  ["what this store cannot do", { status: 501, text: ours("UNSUPPORTED") }, undefined],
  ["a failure", { status: 500, text: ours("FAILED") }, /status 500/],
])("judges %s", (_what, answer, expected) => {
  const fault = faultOf(asked, { ...answer, contentType });
  if (expected === undefined) expect(fault).toBeUndefined();
  else expect(fault).toMatch(expected);
});

it("sees what is wrong with a description", async () => {
  expect(await faultsOfDescription({ openapi: "3.1.0" })).toEqual([expect.stringMatching(/no OpenAPI 3.1/)]);
  const responses = {
    200: { description: "", content: { "application/json": { schema: { type: "nothing" } } } },
  };
  const document = {
    openapi: "3.1.0",
    info: { title: "t", version: "1" },
    paths: { "/a/{b}": { get: { responses } } },
  };
  expect(await faultsOfDescription(document)).toEqual([
    expect.stringMatching(/schema is invalid/),
    expect.stringMatching(/its path has b/),
  ]);
});
