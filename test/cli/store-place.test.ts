/** Which store a command uses, and that a command which only reads never creates one. */
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openStore } from "../../src/kv/open.ts";
import { runProgram } from "./program.ts";
import { Shell } from "./shell.ts";

let shell: Shell;
beforeEach(async () => {
  shell = await Shell.create();
});
afterEach(() => shell[Symbol.asyncDispose]());

it.each([
  "kv ls",
  "kv ls --all",
  "kv ls B",
  "kv get B k",
  "kv put B k v",
  "kv create B k v",
  "kv update B k v 1",
  "kv touch B k 1s",
  "kv del B k -f",
  "kv purge B k -f",
  "kv revert B k 1 -f",
  "kv rm B -f",
  "kv keys B",
  "kv history B k",
  "kv watch B --once",
  "kv compact B --older 1h",
  "kv export B -",
  "kv info B",
  "kv edit B --history 2",
  "governor ls",
  "governor view g",
  "governor evict g 1",
  "governor reset g -f",
  "governor rm g -f",
  "topics ls",
  "topics retry --all",
  "topics drop --all",
])(
  "%s: without a store it names the places that it looked in, ends with 3 and creates nothing",
  async (line) => {
    expect(await shell.run(...line.split(" "))).toMatchObject({
      status: 3,
      stdout: "",
      stderr:
        `machinist: there is no store: looked for ${shell.path(".machinist", "store")}, and for .machinist in the ` +
        `directories above ${shell.directory}. Create one with \`machinist kv add NAME\` or \`machinist run\`, or ` +
        "name another with --data or --store\n",
    });
    expect(readdirSync(shell.directory)).toEqual([]);
  },
);

it("kv: names only the directory that --data or --store gave", async () => {
  for (const place of [
    ["--data", "d"],
    ["--store", "lmdb:d/store"],
  ])
    expect((await shell.run("kv", "ls", ...place)).stderr).toContain(
      `there is no store: looked for ${shell.path("d", "store")}. Create one`,
    );
  expect(await shell.run("kv", "--internal", "ls")).toMatchObject({
    status: 3,
    stderr: expect.stringContaining(`looked for ${shell.path(".machinist", "state")}`),
  });
  expect(existsSync(shell.path("d"))).toBe(false);
});

it("kv: works on the store above the working directory", async () => {
  await shell.run("kv", "add", "CFG");
  const below = shell.path("machines", "deploy");
  mkdirSync(below, { recursive: true });
  expect(await runProgram({ directory: below }, "kv", "put", "CFG", "k", "v")).toMatchObject({ status: 0 });
  expect(await shell.run("kv", "get", "CFG", "k", "--raw")).toMatchObject({ status: 0, stdout: "v" });
  expect(readdirSync(below)).toEqual([]);
});

it("kv: a message names no password of the store's address", async () => {
  const ran = await shell.run("kv", "ls", "--store", "nats://user:hidden-word@127.0.0.1:1");
  expect(ran.stderr).toMatch(/^machinist: .*127\.0\.0\.1:1/);
  expect(ran.stderr).not.toContain("hidden-word");
});

it("kv ls: hides the buckets of machinist itself; --all shows them, also the daemon's own", async () => {
  await shell.run("kv", "add", "CFG");
  await shell.run("governor", "add", "deploys", "1");
  {
    await using own = await openStore(`lmdb:${shell.path(".machinist", "state")}`);
    await own.createBucket("machinist-machines");
  }
  expect((await shell.run("kv", "ls", "-n")).stdout).toBe("CFG\n");
  expect((await shell.run("kv", "ls", "-n", "--all")).stdout).toBe(
    "CFG\nmachinist-governors\nmachinist-machines\n",
  );
});
