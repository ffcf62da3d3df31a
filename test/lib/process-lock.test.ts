import { mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { acquireProcessLock, type ProcessLock, type ProcessLockRequest } from "../../src/lib/process-lock.ts";
import { startBuilt } from "../exec/built-program.ts";

function freshDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "machinist-lock-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

async function acquire(request: ProcessLockRequest): Promise<ProcessLock> {
  const lock = await acquireProcessLock(request);
  onTestFinished(() => lock.release());
  return lock;
}

const kinds = process.platform === "linux" ? (["abstract", "file"] as const) : (["file"] as const);

describe.each(kinds)("a lock of kind %s", (kind) => {
  it("is refused while held, naming the holder, and free after release", async () => {
    const request = { directory: freshDirectory(), name: "daemon", kind };
    const lock = await acquire(request);
    await expect(acquireProcessLock(request)).rejects.toMatchObject({
      code: "ALREADY_RUNNING",
      message: `directory ${request.directory} is in use by process ${process.pid}: stop it first, or use another directory`,
      details: { pid: process.pid },
    });
    await lock.release();
    await acquire(request);
  });

  it("is free at once when its holder is killed", async () => {
    const request = { directory: freshDirectory(), name: "daemon", kind };
    const holder = await startBuilt("lock-holder", request.directory, request.name, kind);
    await expect(acquireProcessLock(request)).rejects.toMatchObject({ details: { pid: holder.pid } });
    process.kill(holder.pid, "SIGKILL");
    await holder.exited;
    await acquire(request);
  });

  it("comes to who waits when the holder is killed; the wait is told with the holder's pid", async () => {
    const request = { directory: freshDirectory(), name: "daemon", kind };
    const holder = await startBuilt("lock-holder", request.directory, request.name, kind);
    const waitingFor = await new Promise<number | undefined>((resolve, reject) => {
      const waiting = acquire({ ...request, wait: new AbortController().signal, onWaiting: resolve });
      waiting.catch(reject);
      onTestFinished(async () => void (await waiting));
    });
    expect(waitingFor).toBe(holder.pid);
    process.kill(holder.pid, "SIGKILL");
  });

  it("comes to those who wait one after another", async () => {
    const request = { directory: freshDirectory(), name: "daemon", kind };
    const wait = new AbortController().signal;
    let holders = 1;
    let most = 1;
    const first = await acquireProcessLock(request);
    const turn = async (): Promise<void> => {
      const lock = await acquireProcessLock({ ...request, wait });
      holders += 1;
      most = Math.max(most, holders);
      await new Promise((resolve) => setImmediate(resolve));
      holders -= 1;
      await lock.release();
    };
    const turns = Array.from({ length: 8 }, turn);
    holders -= 1;
    await first.release();
    await Promise.all(turns);
    expect([holders, most]).toEqual([0, 1]);
  });

  it("a wait ends when it is aborted, and the lock stays where it is", async () => {
    const request = { directory: freshDirectory(), name: "daemon", kind };
    await acquire(request);
    const abort = new AbortController();
    const waiting = acquireProcessLock({
      ...request,
      wait: abort.signal,
      onWaiting: () => abort.abort(new Error("enough")),
    });
    await expect(waiting).rejects.toThrow("enough");
    await expect(acquireProcessLock(request)).rejects.toMatchObject({ code: "ALREADY_RUNNING" });
  });

  it("is one per directory, whatever path leads there, and one per name", async () => {
    const directory = freshDirectory();
    const link = join(freshDirectory(), "link");
    symlinkSync(directory, link);
    await acquire({ directory, name: "daemon", kind });
    await expect(acquireProcessLock({ directory: link, name: "daemon", kind })).rejects.toMatchObject({
      code: "ALREADY_RUNNING",
    });
    await acquire({ directory, name: "commands", kind });
    await acquire({ directory: freshDirectory(), name: "daemon", kind });
  });

  it("a holder that does not answer is refused all the same", async () => {
    const request = { directory: freshDirectory(), name: "daemon", kind };
    const holder = await startBuilt("lock-holder", request.directory, request.name, kind);
    process.kill(holder.pid, "SIGSTOP");
    await expect(acquireProcessLock(request)).rejects.toMatchObject({
      code: "ALREADY_RUNNING",
      message: expect.stringContaining("in use by another process that does not answer"),
      details: {},
    });
  });
});

it("a released socket file is gone", async () => {
  const directory = freshDirectory();
  const lock = await acquireProcessLock({ directory, name: "daemon", kind: "file" });
  expect(readdirSync(directory)).toEqual([".daemon.lock"]);
  await lock.release();
  expect(readdirSync(directory)).toEqual([]);
});

it("a directory that is not there is said to be so", async () => {
  const directory = join(freshDirectory(), "absent");
  await expect(acquireProcessLock({ directory, name: "daemon" })).rejects.toMatchObject({
    code: "FILE_NOT_FOUND",
    message: expect.stringContaining(`cannot lock directory ${directory}`),
  });
});
