/** Handlers in Node: cases of Less by number, against the built daemon. */
import { describe, expect, it } from "vitest";
import { cjs, LessProject, note } from "./harness.ts";

const artists = [{ first_name: "Cesária", last_name: "Évora", birth_date: "08/27/1941" }];
const both = [...artists, { first_name: "Mayra", last_name: "Andrade", birth_date: "02/13/1985" }];
const noteEsm = note.replace('require("node:fs")', "fs").replace("process.env", "globalThis.process.env");

describe("what handlers are given", () => {
  it("L01: a created value, with exactly key and new_value", async () => {
    const less = await LessProject.create({ "kvs_created/index.js": cjs });
    await less.kvs.set("artists", artists);
    expect(await less.handled()).toEqual([{ key: "artists", new_value: artists }]);
  });

  it("L02: an updated value, with the old one; created is not called again", async () => {
    const less = await LessProject.create({ "kvs_updated/index.js": cjs, "kvs_created/index.js": cjs });
    await less.kvs.set("artists", artists);
    await less.kvs.set("artists", both);
    expect(await less.handled()).toEqual([
      { key: "artists", new_value: artists },
      { key: "artists", new_value: both, old_value: artists },
    ]);
  });

  it("L03: a deleted value, without new_value", async () => {
    const less = await LessProject.create({ "kvs_deleted/index.js": cjs });
    await less.kvs.set("artists", both);
    await less.kvs.delete("artists");
    expect(await less.handled()).toEqual([{ key: "artists", old_value: both }]);
  });

  it("L21: values keep their JSON type", async () => {
    const less = await LessProject.create({ "kvs_created/index.js": cjs });
    const values = [5, true, { a: [null] }, "x", "[1]", 0, false, "", null];
    for (const [at, value] of values.entries()) await less.kvs.set(`k${at}`, value);
    const notes = await less.handled();
    expect(notes).toHaveLength(values.length);
    for (const [at, value] of values.entries()) {
      expect(notes).toContainEqual({ key: `k${at}`, new_value: value });
      expect(await less.kvs.get(`k${at}`)).toEqual(value);
      expect(await less.valueAtDaemon(`k${at}`)).toEqual(value);
    }
  });

  it("L23: the same value twice is an update", async () => {
    const less = await LessProject.create({ "kvs_updated/index.js": cjs });
    await less.kvs.set("k", artists);
    await less.kvs.set("k", artists);
    expect(await less.handled()).toEqual([{ key: "k", new_value: artists, old_value: artists }]);
  });

  it("L26: deleting a key that never was is no event", async () => {
    const less = await LessProject.create({ "kvs_deleted/index.js": cjs, "kvs_created/index.js": cjs });
    await less.kvs.delete("never");
    await less.kvs.set("after", 1);
    expect(await less.handled()).toEqual([{ key: "after", new_value: 1 }]);
  });

  it("L31: created, updated, deleted of one key come in that order", async () => {
    const less = await LessProject.create(
      Object.fromEntries(["created", "updated", "deleted"].map((what) => [`kvs_${what}/log/index.js`, cjs])),
    );
    await less.kvs.set("k", 1);
    await less.kvs.set("k", 2);
    await less.kvs.delete("k");
    expect(await less.handled()).toEqual([
      { key: "k", new_value: 1 },
      { key: "k", new_value: 2, old_value: 1 },
      { key: "k", old_value: 2 },
    ]);
  });
});

describe("forms of handlers", () => {
  it.each([
    ["L04: CommonJS, not async", "index.js", `module.exports = { process(data) { ${note} } };`],
    [
      "L07: index.mjs",
      "index.mjs",
      `import fs from "node:fs"; export const process = async (data) => { ${noteEsm} };`,
    ],
    [
      "L09: a default export with process",
      "index.mjs",
      `import fs from "node:fs"; export default { process(data) { ${noteEsm} } };`,
    ],
    [
      "L09: a default export that is the function",
      "index.mjs",
      `import fs from "node:fs"; export default (data) => { ${noteEsm} };`,
    ],
    [
      "L37: TypeScript with a named export",
      "index.ts",
      `import fs from "node:fs";
       import { text } from "./text";
       export async function process(data: { key: string }): Promise<void> {
         fs.appendFileSync(globalThis.process.env.NOTES as string, text(data));
       }`,
    ],
  ])("%s", async (_case, file, text) => {
    const less = await LessProject.create({
      [`kvs_created/${file}`]: text,
      "kvs_created/text.ts": `export const text = (data: unknown): string => JSON.stringify(data) + "\\n";`,
      "../node_modules/typescript/package.json": `{"main":"index.js"}`,
      "../node_modules/typescript/index.js": `module.exports = require(${JSON.stringify(typescript)});`,
    });
    await less.kvs.set("k", 1);
    expect(await less.handled()).toEqual([{ key: "k", new_value: 1 }]);
  });

  it("L08: an ES module named index.js beside a package.json that says so", async () => {
    const less = await LessProject.create({
      "kvs_created/log/package.json": `{"type":"module"}`,
      "kvs_created/log/index.js": `import fs from "node:fs"; export async function process(data) { ${noteEsm} }`,
    });
    await less.kvs.set("k", 1);
    expect(await less.handled()).toEqual([{ key: "k", new_value: 1 }]);
  });

  it("L10: top-level await, a sibling file, an environment variable", async () => {
    const less = await LessProject.create({
      "kvs_created/index.mjs": `import { name } from "./name.mjs";
        const fs = await import("node:fs");
        export const process = () => fs.appendFileSync(globalThis.process.env[name], '"called"\\n');`,
      "kvs_created/name.mjs": `export const name = "NOTES";`,
    });
    await less.kvs.set("k", 1);
    expect(await less.handled()).toEqual(["called"]);
  });

  it("L37: TypeScript without a compiler is reported, not ignored", async () => {
    const less = await LessProject.create({
      "kvs_created/index.ts": "export const process = (data: unknown): void => {};",
    });
    await less.kvs.set("k", 1);
    const waiting = await less.failed(".", 1);
    expect(waiting?.["."]?.error).toMatch(
      /^Error: TypeScript handlers need the package typescript in their project \(npm install -D typescript\), or Node 22.18 or later: this is v/,
    );
  });

  it("L05: two subscribers are both called", async () => {
    const less = await LessProject.create({
      "kvs_created/log/index.js": cjs,
      "kvs_created/audit/index.js": cjs,
    });
    await less.kvs.set("k", [1]);
    expect(await less.handled()).toEqual([
      { key: "k", new_value: [1] },
      { key: "k", new_value: [1] },
    ]);
  });

  it("L06: a handler in the topic's folder and one below it are both called", async () => {
    const less = await LessProject.create({ "kvs_created/index.js": cjs, "kvs_created/log/index.js": cjs });
    await less.kvs.set("k", 1);
    expect(await less.handled()).toHaveLength(2);
  });

  it("L30: a handler reads its key and writes another one", async () => {
    const less = await LessProject.create({
      "kvs_created/index.js": `const { kvs } = require("machinist");
        exports.process = async (data) => {
          ${note}
          if (data.key === "first") await kvs.set("second", { saw: await kvs.get("first") });
        };`,
    });
    await less.kvs.set("first", "new");
    expect(await less.handled()).toEqual([
      { key: "first", new_value: "new" },
      { key: "second", new_value: { saw: "new" } },
    ]);
  });
});

const typescript = new URL("../../node_modules/typescript", import.meta.url).pathname;
