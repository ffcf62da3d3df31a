/** A watcher type is one file, one schema, one test and one line in the list; this fails when any is missing. */
import { existsSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { expect, it } from "vitest";
import { builtInWatcherTypes } from "../../watchers/index.ts";

const root = join(import.meta.dirname, "../..");
const files = readdirSync(join(root, "watchers"))
  .filter((name) => name.endsWith(".ts") && name !== "index.ts")
  .map((name) => basename(name, ".ts"))
  .sort();

it("every file of watchers/ is a type in the list, and the other way round", () => {
  expect(builtInWatcherTypes.map(({ type }) => type).sort()).toEqual(files);
});

it.each(files)("watcher type %s has a schema and a test", (type) => {
  expect(existsSync(join(root, `schemas/watchers/${type}.schema.json`))).toBe(true);
  expect(existsSync(join(root, `test/watchers/${type}.test.ts`))).toBe(true);
});
