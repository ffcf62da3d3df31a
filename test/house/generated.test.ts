/** The committed files that come from code are those that the code would write now. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { generatedFiles } from "./generated-files.ts";

const root = join(import.meta.dirname, "../..");

it.each(generatedFiles())("$path is current (else: npm run generate)", ({ path, text }) => {
  expect(readFileSync(join(root, path), "utf8")).toBe(text);
});

it("no schema is left over from a type that is gone", () => {
  const generated = generatedFiles()
    .map(({ path }) => path)
    .filter((path) => path.startsWith("schemas/"));
  const found = readdirSync(join(root, "schemas"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".schema.json"))
    .map((name) => `schemas/${name}`);
  expect(found.sort()).toEqual(generated.sort());
});
