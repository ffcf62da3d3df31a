/** The embedded engine where there is no room left, or no right to write. */
import { spawnSync } from "node:child_process";
import { chmod, chown, mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openStore } from "../../src/kv/open.ts";
import { program } from "./fixtures/start.ts";

const reader = fileURLToPath(new URL("../../dist/test/kv/fixtures/read-process.js", import.meta.url));
const limitedFiles = 'trap "" XFSZ; ulimit -f 8000; store="$1/store"; shift 2; exec "$@" "$store" B';
/** Root may write everywhere, so it becomes this user. */
const nobody = 65_534;

describe("a store without room or rights", () => {
  let directory: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "machinist-kv-"));
    await using store = await openStore(join(directory, "store"));
    const bucket = await store.createBucket("B", { history: 64 });
    expect(bucket.name).toBe("B");
  });

  afterEach(async () => {
    await rm(directory, { recursive: true });
  });

  /** The shell script gets the store to fill as $1 and the rest of the command after it. */
  function fill(shell: readonly string[], script: string): unknown {
    const place = join(directory, "small");
    const argv = [...shell, "sh", "-c", script, "sh", directory, place, process.execPath, program, "fill"];
    const [command = "", ...more] = argv;
    const { stdout, stderr } = spawnSync(command, more, { encoding: "utf8" });
    return stdout === "" ? stderr : JSON.parse(stdout);
  }

  it("a full disk fails the write, not the process; what was there is read, and room can be made", async () => {
    const place = join(directory, "small");
    await mkdir(place);
    // A disk of 8 MiB that only this command sees; where the host allows none, a limit on the size of files stands in for it, which
    // with room left on the disk looks like any failure to write.
    const mayMount = spawnSync("unshare", ["-rm", "mount", "-t", "tmpfs", "tmpfs", place]).status === 0;
    const script = mayMount
      ? 'mount -t tmpfs -o size=8m tmpfs "$2" && cp -r "$1/store" "$2/store" && store="$2/store"; shift 2; exec "$@" "$store" B'
      : limitedFiles;
    expect(fill(mayMount ? ["unshare", "-rm"] : ["env"], script)).toEqual({
      code: mayMount ? "STORE_FULL" : "FAILED",
      read: 20_000,
      goesOn: true,
    });
  });

  it("a limit on the size of files does not end the process either", () => {
    expect(fill(["env"], limitedFiles)).toEqual({ code: "FAILED", read: 20_000, goesOn: true });
  });

  it.each([
    ["the directory", ".", 0o500],
    ["the data file", "data.mdb", 0o400],
    ["the lock file", "lock.mdb", 0o400],
  ])("%s is read-only: refused, and nothing is changed", async (_name, path, mode) => {
    const store = join(directory, "store");
    const isRoot = process.getuid?.() === 0;
    if (isRoot)
      for (const name of ["..", ".", "data.mdb", "lock.mdb"]) await chown(join(store, name), nobody, nobody);
    await chmod(join(store, path), mode);
    const before = await readFile(join(store, "data.mdb"));
    const user = isRoot ? [String(nobody)] : [];
    const { stdout } = spawnSync(process.execPath, [reader, store, ...user], { encoding: "utf8" });
    expect(JSON.parse(stdout)).toEqual({
      read: 0,
      code: "FAILED",
      message: expect.stringMatching(/may not be written by this user .*: change its owner or mode/),
    });
    expect(before.equals(await readFile(join(store, "data.mdb")))).toBe(true);
    await chmod(join(store, path), 0o700);
  });
});
