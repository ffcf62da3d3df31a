/** A message explains what is allowed in words: every pattern of a published schema comes with them. */
import { expect, it } from "vitest";
import { isJsonObject } from "../../src/lib/json.ts";
import { generatedFiles } from "./generated-files.ts";

const schemas = generatedFiles().filter(({ path }) => path.endsWith(".schema.json"));

it.each(schemas)("$path: every pattern has patternErrorMessage", ({ text }) => {
  expect(wordless(JSON.parse(text))).toEqual([]);
});

/** Patterns without words. A duration has words of its own. */
function wordless(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(wordless);
  if (!isJsonObject(value)) return [];
  const { pattern, patternErrorMessage, format } = value;
  const isBare = typeof pattern === "string" && format !== "machinist-duration";
  return [
    ...(isBare && typeof patternErrorMessage !== "string" ? [pattern] : []),
    ...Object.values(value).flatMap(wordless),
  ];
}
