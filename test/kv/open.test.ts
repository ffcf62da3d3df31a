import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openStore } from "../../src/kv/open.ts";
import { codeFrom, taken } from "./contract/harness.ts";

describe("openStore", () => {
  let directory: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "machinist-kv-"));
  });

  afterEach(async () => {
    await rm(directory, { recursive: true });
  });

  it.each([
    ["nats://127.0.0.1:1", "FAILED"],
    ["tls://user:secret@127.0.0.1:1", "FAILED"],
    ["nats://", "INVALID_ARGUMENT"],
    ["nats://user:se@cret@127.0.0.1", "INVALID_ARGUMENT"],
    ["nats://us%er@127.0.0.1", "INVALID_ARGUMENT"],
    ["nats://127.0.0.1:1,,127.0.0.1:2", "INVALID_ARGUMENT"],
    ["", "INVALID_ARGUMENT"],
    ["lmdb:", "INVALID_ARGUMENT"],
    ["redis://host", "INVALID_ARGUMENT"],
  ])("%j cannot be opened", async (url, code) => {
    expect(await codeFrom(() => openStore(url))).toBe(code);
  });

  it("a URL's password is in no message", async () => {
    for (const host of ["127.0.0.1:1", "127.0.0.1:x"]) {
      await expect(openStore(`tls://user:secret@${host}`)).rejects.toThrow(/^(?!.*secret)/);
      await expect(openStore(`nats://secret@${host}`)).rejects.toThrow(/^(?!.*secret)/);
    }
  });

  it("makes the directory for its user only, also one with a dot in its name", async () => {
    const store = await openStore(join(directory, "a", "store.d"));
    await store.close();
    expect((await stat(join(directory, "a", "store.d"))).mode & 0o777).toBe(0o700);
  });

  it("a directory that cannot be made is a clear failure", async () => {
    await writeFile(join(directory, "file"), "");
    await expect(openStore(join(directory, "file", "store"))).rejects.toMatchObject({ code: "FAILED" });
    await expect(openStore(join(directory, "file"))).rejects.toMatchObject({ code: "FAILED" });
  });

  it("opened twice in a process, both see all, and closing one leaves the other", async () => {
    const first = await openStore(directory);
    const second = await openStore(`lmdb:${directory}/`);
    const written = await first.createBucket("B");
    const read = await second.openBucket("B");
    await using watch = read.watch();
    const closedWatch = written.watch();
    await watch.next();
    await written.put("a", "1");
    expect(await taken(watch, 1)).toEqual(["PUT:a=1@1/0"]);
    await first.close();
    expect(await taken(closedWatch, 2)).toEqual(["READY", "PUT:a=1@1/0"]);
    expect(await codeFrom(() => closedWatch.next())).toBe("STORE_CLOSED");
    expect(await codeFrom(() => written.get("a"))).toBe("STORE_CLOSED");
    await read.put("a", "2");
    expect(await taken(watch, 1)).toEqual(["PUT:a=2@2/0"]);
    await second.close();
  });

  it("can be opened again while it is still closing", async () => {
    const first = await openStore(directory);
    const bucket = await first.createBucket("B");
    const written = bucket.put("a", "1");
    const closed = first.close();
    await using second = await openStore(directory);
    await Promise.all([written, closed]);
    expect((await (await second.openBucket("B")).get("a"))?.string()).toBe("1");
  });
});
