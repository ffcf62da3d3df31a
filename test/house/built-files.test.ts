/** The compiler leaves some dynamic imports with their `.ts` ending (in functions that also have `await using`): found here. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const dist = join(import.meta.dirname, "../../dist");

it("no built file imports a source file", () => {
  const built = ["src", "watchers"].flatMap((folder) =>
    readdirSync(join(dist, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".js"))
      .map((name) => join(dist, folder, name)),
  );
  expect(built.length).toBeGreaterThan(100);
  const wrong = built.filter((file) => /(from|import\() ?"[^"]+\.ts"/.test(readFileSync(file, "utf8")));
  expect(wrong).toEqual([]);
});
