/**
 * The package as npm would publish it, in a directory of its own. It is unpacked there, and beside it lie the packages that it
 * names as dependencies and no others, so what it forgot to pack or to name is missed. They are links to those of this
 * repository: that npm resolves the same versions for a user is not shown here.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "../..");
const compiler = join(root, "node_modules/typescript/bin/tsc");

const program = `
import { openStore, MachinistError } from "machinist";
const store = await openStore("lmdb:store");
const bucket = await store.createBucket("B", { history: 3 });
await bucket.put("a", "1");
await bucket.update("a", '{"n":2}', 1);
const error = await bucket.create("a", "3").catch((thrown) => thrown);
const seen = [];
for await (const item of bucket.watch(">", { includeHistory: true })) {
  if (item.operation === "READY") break;
  seen.push(item.string());
}
await store.close();
console.log(JSON.stringify({ seen, code: error.code, isOurs: error instanceof MachinistError }));
`;

const consumer = `
import {
  type Bucket, type BucketConfig, type BucketStatus, type Entry, type ErrorCode, type Json, MachinistError,
  openStore, type Store, silentLogger, systemClock, type Watch, type WatchItem,
} from "machinist";

async function use(): Promise<string[]> {
  await using store: Store = await openStore("lmdb:store", { clock: systemClock, log: silentLogger });
  const config: Partial<BucketConfig> = { history: 5, markerTtlMs: 60_000 };
  const bucket: Bucket = await store.createBucket("B", config);
  const revision: number = await bucket.create("a", new Uint8Array(3), { ttlMs: 1000 });
  await bucket.update("a", "text", revision);
  const entry: Entry | null = await bucket.get("a", { revision: 1 });
  const parsed: Json | undefined = entry?.json();
  await using watch: Watch = bucket.watch(["a.*", "b.>"], { metaOnly: true, signal: AbortSignal.timeout(1) });
  const item: IteratorResult<WatchItem> = await watch.next();
  if (!item.done && item.value.operation !== "READY") console.log(item.value.key, item.value.delta, parsed);
  const status: BucketStatus = await bucket.status();
  const names: string[] = [status.bucket];
  for await (const key of bucket.keys()) names.push(key);
  for await (const { operation } of bucket.history("a")) names.push(operation);
  try {
    await bucket.touch("a", 1000, { expectedRevision: 2 });
  } catch (error) {
    const code: ErrorCode | undefined = error instanceof MachinistError ? error.code : undefined;
    if (code === "WRONG_REVISION") names.push(code);
    // @ts-expect-error no such code
    if (code === "NO_SUCH_CODE") names.push(code);
  }
  // @ts-expect-error a value is text or bytes
  await bucket.put("a", 5);
  // @ts-expect-error an update names the revision
  await bucket.update("a", "text");
  // @ts-expect-error the life of a key is told in ttlMs
  await bucket.create("a", "text", { ttl: 1000 });
  // @ts-expect-error there may be no entry
  (await bucket.get("a")).string();
  // @ts-expect-error READY has no key
  if (!item.done) console.log(item.value.key);
  // @ts-expect-error entries are read-only
  if (entry) entry.revision = 7;
  // @ts-expect-error a history is a number
  await store.createBucket("C", { history: "5" });
  // @ts-expect-error there is no such verb
  await bucket.set("a", "text");
  return names;
}
void use;
`;

describe("the packed package, elsewhere", () => {
  let directory: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "machinist-packed-"));
    const installed = join(directory, "node_modules/machinist");
    await mkdir(installed, { recursive: true });
    // The scripts would build anew what other tests are using.
    const pack = ["pack", "--ignore-scripts", "--json", "--pack-destination", directory];
    const [packed] = JSON.parse(execFileSync("npm", pack, { cwd: root, encoding: "utf8" }));
    execFileSync("tar", ["-xzf", join(directory, packed.filename), "-C", installed, "--strip-components=1"]);
    const { dependencies } = JSON.parse(await readFile(join(installed, "package.json"), "utf8"));
    for (const name of [...Object.keys(dependencies), "@types/node"]) {
      const place = join(directory, "node_modules", name);
      await mkdir(dirname(place), { recursive: true });
      await symlink(join(root, "node_modules", name), place);
    }
    await writeFile(join(directory, "package.json"), '{"type":"module"}');
  });

  afterAll(async () => {
    await rm(directory, { recursive: true });
  });

  it("is imported and keeps values, by plain node", async () => {
    await writeFile(join(directory, "program.mjs"), program);
    const { stdout, stderr } = run(process.execPath, "program.mjs");
    expect(stderr).toBe("");
    expect(JSON.parse(stdout)).toEqual({ seen: ["1", '{"n":2}'], code: "KEY_EXISTS", isOurs: true });
  });

  it.each([
    ["nodenext", "nodenext", "false"],
    // The declarations are the same: to check all of those once is enough.
    ["esnext", "bundler", "true"],
  ])(
    "its types hold under strict rules, module %s, moduleResolution %s",
    async (module, resolution, skip) => {
      await writeFile(join(directory, "consumer.ts"), consumer);
      const flags = ["--strict", "--noEmit", "--target", "es2023"];
      const more = ["--lib", "es2023,esnext.disposable", "--types", "node", "--module", module];
      const { stdout, status } = run(
        process.execPath,
        compiler,
        ...flags,
        ...more,
        ...["--moduleResolution", resolution, "--skipLibCheck", skip, "consumer.ts"],
      );
      expect(stdout).toBe("");
      expect(status).toBe(0);
    },
  );

  it("its command runs", () => {
    const bin = "node_modules/machinist/dist/src/cli/bin.js";
    expect(run(process.execPath, bin, "--version").stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    const made = run(process.execPath, bin, "kv", "add", "B", "--store", "lmdb:other", "--json");
    expect(made).toMatchObject({ status: 0, stderr: `created store lmdb:${join(directory, "other")}\n` });
    expect(run(process.execPath, bin, "kv", "put", "B", "a", "1", "--store", "lmdb:other").status).toBe(0);
    expect(run(process.execPath, bin, "kv", "get", "B", "a", "--raw", "--store", "lmdb:other").stdout).toBe(
      "1",
    );
  });

  it("nothing in it is of the tests", () => {
    const listing = execFileSync("find", [join(directory, "node_modules/machinist"), "-name", "*.test.*"]);
    expect(listing.toString()).toBe("");
  });

  function run(program: string, ...argv: string[]) {
    return spawnSync(program, argv, { cwd: directory, encoding: "utf8" });
  }
});
