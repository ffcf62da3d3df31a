import { mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { createFacts, createOverrides } from "../../src/supervisor/facts.ts";

async function directory(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), "machinist-facts-"));
  onTestFinished(() => rm(made, { recursive: true }));
  return made;
}

it("no file means no facts; a file that comes, changes and goes is seen at once", async () => {
  const at = await directory();
  const file = join(at, "facts.json");
  const facts = createFacts([file]);
  expect(facts()).toEqual({});
  await writeFile(file, '{"site":"ams"}');
  expect(facts()).toEqual({ site: "ams" });
  expect(facts()).toBe(facts());
  await writeFile(file, '{"site":"lon"}');
  await utimes(file, 1, 1);
  expect(facts()).toEqual({ site: "lon" });
  await rm(file);
  expect(facts()).toEqual({});
});

it("the first file that exists counts; YAML is read too", async () => {
  const at = await directory();
  const facts = createFacts([join(at, "facts.json"), join(at, "facts.yaml")]);
  await writeFile(join(at, "facts.yaml"), "site: ams\nroles: [web]\n");
  expect(facts()).toEqual({ site: "ams", roles: ["web"] });
  await writeFile(join(at, "facts.json"), "{}");
  expect(facts()).toEqual({});
});

it.each([
  ["facts.json", "{broken", /facts\.json cannot be read: .*JSON/],
  ["facts.json", "[1]", /the top level is no object of names and values/],
  ["facts.yaml", "a: [", /facts\.yaml/],
])("%s with %j is an error that names the file", async (name, text, message) => {
  const file = join(await directory(), name);
  await writeFile(file, text);
  expect(() => createFacts([file])()).toThrow(message);
});

it("overrides are read in the same way, and an error names them", async () => {
  const file = join(await directory(), "overrides.yaml");
  const overrides = createOverrides([file]);
  expect(overrides()).toEqual({});
  await writeFile(file, "deploy: { load: { warn: 5 } }");
  expect(overrides()).toEqual({ deploy: { load: { warn: 5 } } });
  await writeFile(file, "- nothing");
  expect(overrides).toThrow(
    `overrides file ${file} cannot be read: the top level is no object of names and values`,
  );
});
