import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const directory = join(import.meta.dirname, "../http/page");

it("tests of the page name whole texts: a part of one may stand elsewhere, and to wait for it proves nothing", () => {
  const files = readdirSync(directory).filter((file) => file.endsWith(".ts"));
  const partial = files.filter((file) => readFileSync(join(directory, file), "utf8").includes(".getByText("));
  expect(partial).toEqual(["on-page.ts"]);
});
