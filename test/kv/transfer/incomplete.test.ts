/** Imports that do not end: the bucket says so, on every engine, until it is removed or its mark is. */
import { writeFile } from "node:fs/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openStore } from "../../../src/kv/open.ts";
import type { Store } from "../../../src/kv/store.ts";
import { exportBucket } from "../../../src/kv/transfer/export-bucket.ts";
import { importBucket } from "../../../src/kv/transfer/import-bucket.ts";
import { Shell } from "../../cli/shell.ts";
import { kinds, startServer } from "../../setup/nats-server.ts";
import { startStoreProcess } from "../fixtures/start.ts";

const mark = /^machinist import [0-9a-f]{8}, started \d{4}-\S+Z, is not complete$/;

let shell: Shell;
let text: string;

beforeEach(async () => {
  shell = await Shell.create();
  await using store = await openStore(shell.path("origin"));
  const bucket = await store.createBucket("CFG", { description: "settings" });
  await Promise.all(Array.from({ length: 3000 }, (_, at) => bucket.put(`key${at}`, "value")));
  text = "";
  await exportBucket(bucket, async (piece) => {
    text += piece;
  });
  await writeFile(shell.path("cfg.jsonl"), text);
});

afterEach(() => shell[Symbol.asyncDispose]());

const source = async function* () {
  yield Buffer.from(text);
};

/** What the command line does with a bucket whose import did not end, and how the operator gets a complete one. */
async function expectIncomplete(...flags: string[]): Promise<void> {
  const info = await shell.run("kv", "info", "CFG", ...flags);
  expect(info.stdout).toMatch(/Import: incomplete, started \d{4}-/);
  const exported = await shell.run("kv", "export", "CFG", "backup.jsonl", ...flags);
  expect(exported).toMatchObject({ status: 4, stdout: "" });
  expect(exported.stderr).toMatch(/bucket CFG is incomplete: found an import that started .*kv rm CFG/);
  const repeated = await shell.run("kv", "import", "cfg.jsonl", ...flags);
  expect(repeated).toMatchObject({
    status: 4,
    stdout: "",
    stderr: expect.stringMatching(/CFG is incomplete/),
  });
  const doctor = JSON.parse((await shell.run("doctor", "--json", ...flags)).stdout);
  expect(doctor.checks).toContainEqual({
    ...{ check: "Bucket CFG", state: "problem" },
    text: expect.stringMatching(/^incomplete: an import started .*kv rm CFG.*import again/),
  });
  expect(await shell.run("kv", "rm", "CFG", "-f", ...flags)).toMatchObject({ status: 0 });
  expect(await shell.run("kv", "import", "cfg.jsonl", ...flags)).toMatchObject({ status: 0, stderr: "" });
  const complete = JSON.parse((await shell.run("kv", "info", "CFG", "--json", ...flags)).stdout);
  expect(complete).toMatchObject({ values: 3000, description: "settings" });
}

it("an import that is killed leaves an incomplete bucket in the embedded store", async () => {
  const directory = shell.path(".machinist", "store");
  await using store = await openStore(directory);
  await store.createBucket("OTHER");
  await using importer = startStoreProcess("import", directory, "OTHER", shell.path("cfg.jsonl"));
  await importer.until("half");
  await importer.kill();
  expect(await (await store.openBucket("CFG")).status()).toMatchObject({
    values: expect.toSatisfy((values: number) => values > 0 && values < 3000),
    description: expect.stringMatching(mark),
  });
  await expectIncomplete();
});

describe.each(kinds)("on the %s nats-server", (kind) => {
  it("an import whose server is gone says that the bucket is incomplete, and so does the bucket", async () => {
    await using server = await startServer(kind);
    const store: Store = await openStore(server.url);
    let stopping: Promise<void> | undefined;
    const progress = () => {
      stopping ??= server.stop();
    };
    const failed = importBucket(store, source, { progress });
    await expect(failed).rejects.toThrow(
      /Bucket CFG is incomplete and marked as such: .*`machinist kv rm CFG`/,
    );
    await stopping;
    await store.close();
    await server.restart();
    await using again = await openStore(server.url);
    const status = await (await again.openBucket("CFG")).status();
    expect(status.description).toMatch(mark);
    expect(status.values).toBeLessThan(3000);
    await expectIncomplete("--store", server.url);
  });
});

describe("the mark of an import", () => {
  it("is there from the first entry on, and gone with the last, also in a bucket that was there", async () => {
    await using store = await openStore(shell.path("other"));
    await store.createBucket("CFG", { description: "settings" });
    const seen: Promise<string>[] = [];
    const describeNow = async () => (await (await store.openBucket("CFG")).status()).description;
    await importBucket(store, source, { progress: () => void seen.push(describeNow()) });
    expect((await Promise.all(seen))[0]).toMatch(mark);
    expect(await describeNow()).toBe("settings");
  });

  it("keeps a second import out while the first one runs", async () => {
    await using store = await openStore(shell.path("other"));
    let second: Promise<unknown> | undefined;
    const progress = () => {
      second ??= importBucket(store, source).catch((error: unknown) => error);
    };
    await importBucket(store, source, { progress });
    expect(await second).toMatchObject({
      code: "BUCKET_EXISTS",
      message: expect.stringMatching(/is incomplete/),
    });
  });

  it("goes when the description is edited: the operator keeps what is there", async () => {
    await using store = await openStore(shell.path("other"));
    const bucket = await store.createBucket("CFG", {
      description: "machinist import 0123abcd, started 2026-01-01T00:00:00.000Z, is not complete",
    });
    await expect(exportBucket(bucket, async () => undefined)).rejects.toMatchObject({
      code: "BUCKET_EXISTS",
    });
    await store.editBucket("CFG", { description: "" });
    expect(await exportBucket(bucket, async () => undefined)).toMatchObject({ entries: 0 });
  });
});
