/** Every case of the compatibility lists that concerns what is built stands, by its number, in the name of a test. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const test = join(import.meta.dirname, "..");
const files = readdirSync(test, { recursive: true, encoding: "utf8" }).filter(
  (name) => name.endsWith(".ts") && !name.startsWith("house"),
);

/** Numbers at the beginning of a text in the code, which is where names of tests and rows of tables have them. */
function numbersIn(isMine: (name: string) => boolean): ReadonlySet<string> {
  const texts = files.filter(isMine).map((name) => readFileSync(join(test, name), "utf8"));
  return new Set(texts.flatMap((text) => text.match(/(?<=["'`])[A-Z]\d{1,2}\b/g) ?? []));
}

const choria = [
  1, 2, 3, 5, 6, 7, 8, 9, 10, 12, 13, 15, 16, 17, 19, 20, 21, 22, 24, 26, 27, 28, 29, 30, 31, 33, 34, 35, 36,
  37, 38, 39, 40, 41, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 56, 57, 58, 59, 61, 62, 63, 64, 65, 66,
  67, 69, 70, 71, 72, 74, 75, 76, 77, 78, 79, 80, 81, 82, 83, 84, 85,
].map((number) => `C${String(number).padStart(2, "0")}`);

const store = {
  N: [1, 2, 3, 4, 6, 7, 9, 10],
  B: [1, 2, 3, 4, 6, 7, 9, 10, 11, 12, 13, 14, 15, 16],
  P: [1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 12, 14],
  C: [1, 2, 4, 5, 6, 7, 9, 10, 12],
  D: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
  H: [1, 2, 3, 4, 5, 7, 8, 9, 10],
  W: [1, 2, 3, 4, 7, 8, 9, 10, 11, 13, 14, 15, 16, 17, 18],
  T: Array.from({ length: 27 }, (_, at) => at + 1),
  R: [1, 2],
};

const butler = [
  1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 30, 31,
  32, 33, 34, 35, 36, 38, 39, 40, 41, 42, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 55, 56, 57, 58, 59, 60, 61,
  62, 63, 64, 66,
].map((number) => `B${String(number).padStart(2, "0")}`);

it("cases of Choria's machines", () => {
  const named = numbersIn((name) => !name.startsWith("kv"));
  expect(choria.filter((id) => !named.has(id))).toEqual([]);
});

/** The numbers that the list has. */
const less = [
  1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 23, 24, 26, 29, 30, 31, 32, 33,
  34, 35, 36, 37, 38,
].map((number) => `L${String(number).padStart(2, "0")}`);

it("cases of Less", () => {
  const named = numbersIn((name) => name.startsWith("topics"));
  expect(less.filter((id) => !named.has(id))).toEqual([]);
});

it("cases of the store contract", () => {
  const named = numbersIn((name) => name.startsWith("kv"));
  const ids = Object.entries(store).flatMap(([group, numbers]) =>
    numbers.map((number) => `${group}${number}`),
  );
  expect(ids.filter((id) => !named.has(id))).toEqual([]);
});

it("cases of Butler's API", () => {
  const named = numbersIn((name) => name.startsWith("http/butler"));
  expect(butler.filter((id) => !named.has(id))).toEqual([]);
});
