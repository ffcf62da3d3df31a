import { createHash } from "node:crypto";
import {
  appendFileSync,
  closeSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Content, contentIn, contentJson, readContent } from "../../../watchers/file/content.ts";

let directory: string;
let path: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "machinist-content-"));
  path = join(directory, "f");
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const { signal } = new AbortController();
/** By this clock the files of this test were last touched long ago. */
const later = (): number => Date.now() + 3_600_000;

function read(known?: Content, nowMs = later()): Promise<Content> {
  return readContent(path, known, { nowMs, signal });
}

/** What a stamp saves is seen by claiming an identity that no file has. */
function claimed({ stamp }: Content): Content {
  return { identity: "claimed", stamp };
}

/** A signal that is never aborted; being asked, it does something to the file. */
function whenAsked(touch: () => void): AbortSignal {
  return Object.assign(new AbortController().signal, { throwIfAborted: touch });
}

const sha256 = (text: string | Buffer): string => createHash("sha256").update(text).digest("hex");

describe("content of a file", () => {
  it("is its sha256, also of an empty file and one longer than a chunk", async () => {
    for (const text of ["", "one", "x".repeat(256 * 1024), "y".repeat(1_000_001)]) {
      writeFileSync(path, text);
      expect((await read()).identity).toBe(sha256(text));
    }
  });

  it("is not read again as long as nothing touches it", async () => {
    writeFileSync(path, "one");
    const known = claimed(await read());
    expect(await read(known)).toEqual(known);
    expect(contentIn(JSON.parse(JSON.stringify(contentJson(known))))).toEqual(known);
  });

  it.each([
    ["a write", () => writeFileSync(path, "two")],
    ["an appended byte", () => appendFileSync(path, "!")],
    ["the same time again", () => utimesSync(path, new Date(1_000), new Date(1_000))],
    [
      "another file with the same size and time in its place",
      () => {
        writeFileSync(`${path}.new`, "six");
        utimesSync(`${path}.new`, new Date(1_000), new Date(1_000));
        renameSync(`${path}.new`, path);
      },
    ],
  ])("is read again after %s", async (_, touch) => {
    writeFileSync(path, "one");
    utimesSync(path, new Date(1_000), new Date(1_000));
    const known = claimed(await read());
    touch();
    expect((await read(known)).identity).toBe(sha256(readFileSync(path)));
  });

  it("is read again when it was touched just before it was read: its time may stand still for a moment", async () => {
    writeFileSync(path, "one");
    const known = await read(undefined, Date.now());
    expect(known).toEqual({ identity: sha256("one"), stamp: null });
  });

  it("is trusted from two seconds after its last change on", async () => {
    writeFileSync(path, "one");
    const changedMs = Number(statSync(path, { bigint: true }).ctimeNs / 1_000_000n);
    expect((await read(undefined, changedMs + 1_999)).stamp).toBeNull();
    expect((await read(undefined, changedMs + 2_000)).stamp).not.toBeNull();
  });

  it("is not trusted when the file was touched while it was read", async () => {
    writeFileSync(path, "one");
    const touched = await readContent(path, undefined, {
      nowMs: later(),
      signal: whenAsked(() => utimesSync(path, new Date(1_000), new Date(1_000))),
    });
    expect(touched).toEqual({ identity: sha256("one"), stamp: null });
  });

  it("of a file that grows while it is read is what it held at first", async () => {
    const text = "x".repeat(300 * 1024);
    writeFileSync(path, text);
    const grown = await readContent(path, undefined, {
      nowMs: later(),
      signal: whenAsked(() => appendFileSync(path, "more")),
    });
    expect(grown).toEqual({ identity: sha256(text), stamp: null });
  });

  it("leaves no file open, also when it is told to stop", async () => {
    const isOpen = () =>
      readdirSync("/proc/self/fd").some((fd) => {
        try {
          return readlinkSync(`/proc/self/fd/${fd}`) === path;
        } catch {
          return false;
        }
      });
    writeFileSync(path, "one");
    await read();
    expect(isOpen()).toBe(false);
    const reason = new Error("the machine stops");
    const stopped = readContent(path, undefined, { nowMs: later(), signal: AbortSignal.abort(reason) });
    await expect(stopped).rejects.toBe(reason);
    expect(isOpen()).toBe(false);
  });

  it("of a file of /proc is read each time", async () => {
    const content = await readContent("/proc/self/cmdline", undefined, { nowMs: later(), signal });
    expect(content).toEqual({ identity: sha256(readFileSync("/proc/self/cmdline")), stamp: null });
  });

  it("a huge file takes little memory", async () => {
    const size = 512 * 1024 * 1024;
    writeFileSync(path, "begin");
    truncateSync(path, size);
    const before = process.memoryUsage().rss;
    let most = before;
    const timer = setInterval(() => {
      most = Math.max(most, process.memoryUsage().rss);
    }, 10);
    const first = await read();
    clearInterval(timer);
    expect(most - before).toBeLessThan(64 * 1024 * 1024);
    const end = openSync(path, "r+");
    writeSync(end, "end", size - 3);
    closeSync(end);
    expect((await read(first)).identity).not.toBe(first.identity);
  });

  it("what is no content of a cursor is nothing known", () => {
    for (const value of [undefined, null, 1, "x", [], {}, { identity: 1, stamp: null }, { identity: "a" }]) {
      expect(contentIn(value)).toBeUndefined();
    }
  });
});
