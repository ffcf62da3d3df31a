/** The command line of moving and tidying buckets. */
import { EventEmitter } from "node:events";
import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startServer } from "../setup/nats-server.ts";
import { Shell } from "./shell.ts";

let shell: Shell;
beforeEach(async () => {
  shell = await Shell.create();
  await kv("add", "CFG", "--history", "5");
  await kv("put", "CFG", "username", "one");
  await kv("put", "CFG", "username", "two");
  await kv("put", "CFG", "gone", "value");
  await kv("del", "CFG", "gone", "-f");
});
afterEach(() => shell[Symbol.asyncDispose]());

const kv = (...argv: string[]) => shell.run("kv", ...argv);
const history = async (...argv: string[]) =>
  (await kv("history", ...argv, ">", "--json")).stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line))
    .map(({ key, operation, value, revision }) => `${revision} ${operation} ${key} ${value}`);
const whole = ["1 PUT username one", "2 PUT username two", "3 PUT gone value", "4 DEL gone "];

describe("kv export", () => {
  it("writes a file for its user only, and says what it wrote", async () => {
    expect(await kv("export", "CFG", "cfg.jsonl")).toEqual({
      status: 0,
      stdout: "exported 4 entries of bucket CFG to cfg.jsonl\n",
      stderr: "",
      bytes: expect.anything(),
    });
    expect((await stat(shell.path("cfg.jsonl"))).mode & 0o777).toBe(0o600);
    const lines = (await readFile(shell.path("cfg.jsonl"), "utf8")).trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      {
        format: "machinist-kv-export",
        version: 1,
        bucket: "CFG",
        config: { history: 5 },
        revision: 4,
        entries: 4,
      },
      { key: "username", value: "one", revision: 1, operation: "PUT" },
      { key: "username", value: "two", revision: 2, operation: "PUT" },
      { key: "gone", value: "value", revision: 3 },
      { key: "gone", revision: 4, operation: "DEL" },
      { end: { entries: 4, revision: 4, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) } },
    ]);
    const { stdout } = await kv("export", "CFG", "again.jsonl", "--json");
    expect(JSON.parse(stdout)).toEqual({
      ...{ bucket: "CFG", entries: 4, revision: 4, notImportable: 0 },
      file: shell.path("again.jsonl"),
    });
  });

  it("replaces a file only with -f, and leaves none behind when it fails", async () => {
    await writeFile(shell.path("there"), "mine");
    const refused = await kv("export", "CFG", "there");
    expect(refused).toMatchObject({
      status: 4,
      stdout: "",
      stderr: expect.stringContaining("-f replaces it"),
    });
    expect(await readFile(shell.path("there"), "utf8")).toBe("mine");
    expect(await kv("export", "CFG", "there", "-f")).toMatchObject({ status: 0 });
    expect(await readFile(shell.path("there"), "utf8")).toContain("machinist-kv-export");
    await mkdir(shell.path("directory"));
    expect(await kv("export", "CFG", "directory", "-f")).toMatchObject({ status: 1, stdout: "" });
    expect(await kv("export", "CFG", "none/file")).toMatchObject({ status: 1, stdout: "" });
    expect(await kv("export", "NONE", "file")).toMatchObject({ status: 3, stdout: "" });
    expect((await readdir(shell.directory)).toSorted()).toEqual([".machinist", "directory", "there"]);
  });

  it("shows how far it is on a terminal", async () => {
    const { stderr } = await shell.runWith({ typed: "" }, "kv", "export", "CFG", "file");
    expect(stderr).toMatch(/exporting CFG: 100 %, 4 entries, \d+ a second/);
    expect(stderr.endsWith("\r\u001b[K")).toBe(true);
    const compact = await shell.runWith({ typed: "" }, "kv", "compact", "CFG", "-f");
    expect(compact.stderr).toMatch(/compacting CFG: \d+ %, \d+ entries/);
  });
});

describe("kv import", () => {
  it("takes a file or stdin, under another name too", async () => {
    const { stdout, bytes } = await kv("export", "CFG", "-");
    expect(stdout.split("\n")).toHaveLength(7);
    const piped = await shell.runWith({ stdin: bytes }, "kv", "import", "-", "--bucket", "TWO", "--json");
    expect(JSON.parse(piped.stdout)).toEqual({ bucket: "TWO", entries: 4, ended: 0, skipped: 0 });
    expect(await history("TWO")).toEqual(whole);
    await kv("export", "TWO", "two.jsonl");
    await kv("rm", "TWO", "-f");
    expect(await kv("import", "two.jsonl")).toMatchObject({
      status: 0,
      stdout: "imported 4 entries into bucket TWO\n",
      stderr: "",
    });
    expect(await history("TWO")).toEqual(whole);
  });

  it("goes from one machine to a cluster, and says what that cannot do", async () => {
    await using server = await startServer("old");
    await kv("export", "CFG", "cfg.jsonl");
    expect(await kv("import", "cfg.jsonl", "--store", server.url)).toMatchObject({ status: 0, stderr: "" });
    expect(await history("CFG", "--store", server.url)).toEqual(whole);
    await kv("add", "OWNED", "--metadata", "owner=ops");
    await kv("export", "OWNED", "owned.jsonl");
    const refused = await kv("import", "owned.jsonl", "--store", server.url);
    expect(refused).toMatchObject({ status: 6, stderr: expect.stringContaining("metadata") });
    const without = await kv("import", "owned.jsonl", "--store", server.url, "--without", "metadata");
    expect(without).toMatchObject({ status: 0 });
  });

  it("goes as the README tells it", async () => {
    await using server = await startServer("current");
    const readme = await readFile(join(import.meta.dirname, "../../README.md"), "utf8");
    const told = /^### From one machine to a cluster$.*?^```sh\n(.*?)^```$/ms.exec(readme)?.[1] ?? "";
    await kv("rm", "CFG", "-f");
    const outputs: string[] = [];
    for (const line of told.trimEnd().split("\n")) {
      const words = line.replace("nats://127.0.0.1:4222", server.url).split(" ").slice(2);
      const { status, stdout, stderr } = await shell.run(...words);
      expect({ line, status, stderr }).toEqual({ line, status: 0, stderr: "" });
      outputs.push(stdout);
    }
    expect(outputs).toHaveLength(5);
    expect(outputs[4]).toMatch(/^CFG > username revision: 1 created @ .*\n\nmyservice\n$/);
  });

  it.each<[string, number, RegExp]>([
    ["import none.jsonl", 3, /cannot read file .*none.jsonl/],
    ["import cfg.jsonl", 4, /bucket CFG has entries/],
    ["import cfg.jsonl --bucket a.b", 2, /no bucket name/],
    ["import cfg.jsonl --without repilcas", 2, /Did you mean replicas\?/],
    ["import cut.jsonl --bucket NEW", 1, /line 4 of the export: found the end of the file/],
    ["import", 2, /missing required argument/],
  ])("kv %s ends with %i", async (line, status, message) => {
    await kv("export", "CFG", "cfg.jsonl");
    const text = await readFile(shell.path("cfg.jsonl"), "utf8");
    await writeFile(shell.path("cut.jsonl"), text.split("\n").slice(0, 3).join("\n"));
    const ran = await kv(...line.split(" "));
    expect(ran).toMatchObject({ status, stdout: "", stderr: expect.stringMatching(message) });
    expect((await kv("ls", "-n")).stdout).toBe("CFG\n");
  });

  it("interrupted by Ctrl-C it ends with 1 and leaves no bucket", async () => {
    await kv("export", "CFG", "cfg.jsonl");
    class Pressed extends EventEmitter {
      override on(event: string, listener: () => void): this {
        listener();
        return super.on(event, listener);
      }
    }
    const ran = await shell.runWith(
      { signals: new Pressed() },
      "kv",
      "import",
      "cfg.jsonl",
      "--bucket",
      "NEW",
    );
    expect(ran).toMatchObject({ status: 1, stderr: expect.stringContaining("interrupted") });
    expect((await kv("ls", "-n")).stdout).toBe("CFG\n");
  });
});

describe("kv compact", () => {
  it("drops old markers after a question, younger ones stay", async () => {
    const question = "Purge all historic values and audit trails for deleted keys in bucket CFG?";
    expect(await kv("compact", "CFG")).toMatchObject({
      status: 2,
      stderr: expect.stringContaining(question),
    });
    expect(await shell.runWith({ typed: "n\n" }, "kv", "compact", "CFG")).toMatchObject({
      status: 0,
      stderr: `${question} (y/N) Skipping compact\n`,
    });
    expect(await history("CFG")).toEqual(whole);
    expect(await kv("compact", "CFG", "-f")).toMatchObject({ status: 0, stdout: "", stderr: "" });
    expect(await history("CFG")).toEqual(whole.toSpliced(2, 1));
    const compacted = await kv("compact", "CFG", "--older", "0", "-f", "--json");
    expect(JSON.parse(compacted.stdout)).toMatchObject({ bucket: "CFG", compacted: true, values: 2 });
    expect(await history("CFG")).toEqual(whole.slice(0, 2));
    expect(await kv("compact", "NONE", "-f")).toMatchObject({ status: 3 });
  });
});
