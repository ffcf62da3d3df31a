/** The command line of keys that end by themselves. */
import { afterEach, beforeEach, expect, it } from "vitest";
import { openStore } from "../../src/kv/open.ts";
import { SimulatedClock } from "../simulated-clock.ts";
import { Shell } from "./shell.ts";

let shell: Shell;
beforeEach(async () => {
  shell = await Shell.create();
  await kv("add", "LOCKS", "--marker-ttl", "1m");
});
afterEach(() => shell[Symbol.asyncDispose]());

const kv = (...argv: string[]) => shell.run("kv", ...argv, "--store", shell.path("store"));

/** Live keys, so many ms from now. */
async function keysIn(ms: number): Promise<string[]> {
  await using store = await openStore(shell.path("store"), { clock: new SimulatedClock(Date.now() + ms) });
  const keys: string[] = [];
  for await (const key of (await store.openBucket("LOCKS")).keys()) keys.push(key);
  return keys;
}

it("info shows how long markers stay, when they do", async () => {
  expect((await kv("info", "LOCKS")).stdout).toContain("Limit Marker TTL: 1m\n");
  expect((await kv("add", "PLAIN")).stdout).not.toContain("Marker");
});

it("create --ttl: the key ends after that long", async () => {
  expect(await kv("create", "LOCKS", "deploy", "host1", "--ttl", "1h")).toMatchObject({ status: 0 });
  expect(await kv("create", "LOCKS", "deploy", "host2", "--ttl", "1h")).toMatchObject({ status: 4 });
  expect(await keysIn(3_000_000)).toEqual(["deploy"]);
  expect(await keysIn(3_700_000)).toEqual([]);
});

it("--json tells the ttl of an entry that has one", async () => {
  await kv("create", "LOCKS", "deploy", "host1", "--ttl", "1h");
  await kv("put", "LOCKS", "other", "1");
  expect(JSON.parse((await kv("get", "LOCKS", "deploy", "--json")).stdout)).toMatchObject({
    ttlMs: 3_600_000,
  });
  const [history] = (await kv("history", "LOCKS", "deploy", "--json")).stdout.trim().split("\n");
  expect(history).toContain('"ttlMs":3600000');
  expect((await kv("get", "LOCKS", "other", "--json")).stdout).not.toContain("ttlMs");
});

it("touch: the key lives on; --json says at which revision", async () => {
  await kv("create", "LOCKS", "deploy", "host1", "--ttl", "1h");
  expect(await kv("touch", "LOCKS", "deploy", "2h")).toMatchObject({ status: 0, stdout: "", stderr: "" });
  expect(await keysIn(3_700_000)).toEqual(["deploy"]);
  const touched = await kv("touch", "LOCKS", "deploy", "2h", "--revision", "2", "--json");
  expect(JSON.parse(touched.stdout)).toEqual({ bucket: "LOCKS", key: "deploy", revision: 3 });
  expect(await kv("touch", "LOCKS", "deploy", "2h", "--revision", "2")).toMatchObject({ status: 4 });
  expect((await kv("get", "LOCKS", "deploy", "--raw")).stdout).toBe("host1");
});

it("touch of what is not there ends with 3", async () => {
  const { status, stderr } = await kv("touch", "LOCKS", "deploy", "2h");
  expect({ status, stderr }).toEqual({
    status: 3,
    stderr:
      "machinist: key deploy of bucket LOCKS has no value to keep: it was deleted, has expired or never was; create it\n",
  });
});

it("purge --ttl: the marker ends too", async () => {
  await kv("put", "LOCKS", "deploy", "host1");
  expect(await kv("purge", "LOCKS", "deploy", "--ttl", "1h", "-f")).toMatchObject({ status: 0 });
  const clock = new SimulatedClock(Date.now() + 3_700_000);
  await using store = await openStore(shell.path("store"), { clock });
  expect(await (await store.openBucket("LOCKS")).status()).toMatchObject({ values: 0, revision: 2 });
});

it("purge --ttl of a whole bucket is a usage error", async () => {
  expect(await kv("purge", "LOCKS", "--ttl", "1h", "-f")).toMatchObject({
    status: 2,
    stderr: "machinist: missing argument 'key': without one no marker is left to have a ttl\n",
  });
});

it.each([
  ["create PLAIN a 1 --ttl 1h", 6],
  ["purge PLAIN a --ttl 1h -f", 6],
  ["touch PLAIN a 1h", 6],
  ["touch DEEP a 1h", 6],
  ["create LOCKS a 1 --ttl 10ms", 2],
  ["touch LOCKS a 10ms", 2],
  ["add SHORT --marker-ttl 10ms", 2],
])("kv %s ends with %d and changes nothing", async (line, status) => {
  await kv("add", "PLAIN");
  await kv("add", "DEEP", "--marker-ttl", "1m", "--history", "2");
  for (const bucket of ["PLAIN", "DEEP"]) await kv("put", bucket, "a", "1");
  expect(await kv(...line.split(" "))).toMatchObject({ status, stdout: "" });
  for (const bucket of ["PLAIN", "DEEP"]) {
    expect(JSON.parse((await kv("info", bucket, "--json")).stdout)).toMatchObject({ revision: 1 });
  }
});
