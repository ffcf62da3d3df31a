import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, stat, symlink, truncate, writeFile } from "node:fs/promises";
import { gunzipSync, gzipSync } from "node:zlib";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openStore } from "../../src/kv/open.ts";
import { Shell } from "../cli/shell.ts";

let shell: Shell;
beforeEach(async () => {
  shell = await Shell.create();
});
afterEach(() => shell[Symbol.asyncDispose]());

/** A data directory as a daemon leaves it. */
async function layOut(): Promise<void> {
  {
    await using state = await openStore(`lmdb:${shell.path(".machinist", "state")}`);
    const records = await state.createBucket("machinist-machines", { history: 64 });
    await records.put("deploy", '{"state":"IDLE"}');
    await using users = await openStore(`lmdb:${shell.path(".machinist", "store")}`);
    const bucket = await users.createBucket("CFG", { history: 5 });
    for (const value of ["one", "two", "three"]) await bucket.put("k", value);
    await bucket.delete("k");
  }
  await writeFile(shell.path(".machinist", "facts.json"), '{"role":"web"}');
  await mkdir(shell.path(".machinist", "work", "deploy"), { recursive: true });
  await writeFile(shell.path(".machinist", "work", "deploy", "note"), "kept by a hook");
  await symlink("/etc/passwd", shell.path(".machinist", "work", "deploy", "link"));
}

const restored = (...argv: string[]) => shell.run("kv", ...argv, "--data", "copy");

it("backup and restore: records and buckets come back with revisions, history and settings", async () => {
  await layOut();
  expect(await shell.run("backup", "b")).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/^backed up .*\.machinist to b \([\d.]+ KiB\)\n$/),
    stderr: "",
  });
  expect((await stat(shell.path("b"))).mode & 0o777).toBe(0o600);
  expect(await shell.run("restore", "b", "--data", "copy")).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/^restored .*copy from the backup of \d{4}-.*Z on .*\n$/),
  });
  const history = (await shell.run("kv", "history", "CFG", "k", "--json")).stdout;
  expect(history.split("\n")).toHaveLength(5);
  expect((await restored("history", "CFG", "k", "--json")).stdout).toBe(history);
  expect(JSON.parse((await restored("info", "CFG", "--json")).stdout)).toMatchObject({
    history: 5,
    revision: 4,
  });
  expect(
    (await shell.run("kv", "--internal", "get", "machinist-machines", "deploy", "--raw", "--data", "copy"))
      .stdout,
  ).toBe('{"state":"IDLE"}');
  expect(await readFile(shell.path("copy", "facts.json"), "utf8")).toBe('{"role":"web"}');
  expect(existsSync(shell.path("copy", "work"))).toBe(false);
  expect((await stat(shell.path("copy"))).mode & 0o777).toBe(0o700);
  expect((await readdir(shell.path(".machinist"))).filter((name) => name.startsWith("backup-"))).toEqual([]);
});

it("backup --with work: holds the work directories of machines, without links", async () => {
  await layOut();
  await shell.run("backup", "b", "--with", "work", "--with", "logs");
  await shell.run("restore", "b", "--data", "copy");
  expect(await readdir(shell.path("copy", "work", "deploy"))).toEqual(["note"]);
  expect(await readFile(shell.path("copy", "work", "deploy", "note"), "utf8")).toBe("kept by a hook");
});

it("backup: says that buckets on a NATS server are not in it", async () => {
  await layOut();
  const ran = await shell.run("backup", "b", "--store", "nats://127.0.0.1:1");
  expect(ran).toMatchObject({ status: 0, stderr: expect.stringContaining("they are on a NATS server") });
  await shell.run("restore", "b", "--data", "copy");
  expect(await restored("ls")).toMatchObject({ status: 3 });
});

it("backup: replaces no file without -f, and backs up nothing where no daemon ever ran", async () => {
  expect(await shell.run("backup", "b")).toMatchObject({
    status: 3,
    stderr: expect.stringContaining("there is nothing to back up"),
  });
  await layOut();
  await writeFile(shell.path("b"), "precious");
  expect(await shell.run("backup", "b")).toMatchObject({
    status: 4,
    stderr: expect.stringContaining("-f replaces"),
  });
  expect(await readFile(shell.path("b"), "utf8")).toBe("precious");
  expect(await shell.run("backup", "b", "-f")).toMatchObject({ status: 0 });
});

it("restore: refuses a data directory that is not empty, and leaves it as it is", async () => {
  await layOut();
  await shell.run("backup", "b");
  expect(await shell.run("restore", "b")).toMatchObject({
    status: 4,
    stderr: expect.stringContaining("it is not empty. Restore into a new directory with --data"),
  });
  expect((await shell.run("kv", "info", "CFG")).status).toBe(0);
});

it("restore: refuses a file that was cut off or altered, and leaves nothing behind", async () => {
  await layOut();
  await shell.run("backup", "b");
  const whole = await readFile(shell.path("b"));
  for (const length of [0, 10, whole.length >> 1, whole.length - 4]) {
    await writeFile(shell.path("cut"), whole);
    await truncate(shell.path("cut"), length);
    expect(await shell.run("restore", "cut", "--data", "copy"), `${length} bytes`).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("expected a complete file that `machinist backup` wrote"),
    });
  }
  const altered = Buffer.from(whole);
  altered[whole.length >> 1] = (altered[whole.length >> 1] ?? 0) ^ 0x40;
  await writeFile(shell.path("altered"), altered);
  expect((await shell.run("restore", "altered", "--data", "copy")).status).toBe(1);
  expect(await shell.run("restore", "none", "--data", "copy")).toMatchObject({ status: 3 });
  expect(existsSync(shell.path("copy"))).toBe(false);
});

it("restore: checks the records in the backup, and the version of its format", async () => {
  await layOut();
  await shell.run("backup", "b");
  const tar = gunzipSync(await readFile(shell.path("b")));
  const damaged = Buffer.from(tar);
  damaged.write("THREE", damaged.indexOf("three"));
  await writeFile(shell.path("damaged"), gzipSync(damaged));
  expect(await shell.run("restore", "damaged", "--data", "copy")).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('key "k"'),
  });
  const newer = Buffer.from(tar);
  newer.write('"version":9', newer.indexOf('"version":1'));
  await writeFile(shell.path("newer"), gzipSync(newer));
  expect(await shell.run("restore", "newer", "--data", "copy")).toMatchObject({
    status: 6,
    stderr: expect.stringContaining("restore it with a newer machinist"),
  });
  expect(existsSync(shell.path("copy"))).toBe(false);
});
