import { createHash } from "node:crypto";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { replaceFile } from "../../../watchers/file/replace.ts";

let directory: string;
let path: string;
let temporary: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "machinist-replace-"));
  path = join(directory, "f");
  const tag = createHash("sha256").update(`${path} deploy w`).digest("hex").slice(0, 16);
  temporary = `.machinist-${tag}.tmp`;
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const wanted = (): Parameters<typeof replaceFile>[1] => {
  const { uid, gid } = statSync(directory);
  return { bytes: Buffer.from("new"), mode: 0o4750, uid, gid };
};

describe("replacing a file", () => {
  it("gives it its contents and mode, the special bits too, and leaves nothing else", async () => {
    writeFileSync(path, "old");
    await replaceFile(path, wanted(), "deploy w");
    expect(readFileSync(path, "utf8")).toBe("new");
    expect(statSync(path).mode & 0o7777).toBe(0o4750);
    expect(readdirSync(directory)).toEqual(["f"]);
  });

  it("leaves nothing behind when it fails, and what was there as it was", async () => {
    mkdirSync(path);
    writeFileSync(join(path, "inside"), "old");
    await expect(replaceFile(path, wanted(), "deploy w")).rejects.toMatchObject({ syscall: "rename" });
    expect(readdirSync(directory)).toEqual(["f"]);
    expect(readdirSync(path)).toEqual(["inside"]);
  });

  it("takes away what a crash left", async () => {
    writeFileSync(join(directory, temporary), "half");
    await replaceFile(path, wanted(), "deploy w");
    expect(readFileSync(path, "utf8")).toBe("new");
    expect(readdirSync(directory)).toEqual(["f"]);
  });

  it("follows no link that lies where its temporary file shall be", async () => {
    writeFileSync(join(directory, "precious"), "old");
    symlinkSync("precious", join(directory, temporary));
    await replaceFile(path, wanted(), "deploy w");
    expect(readFileSync(join(directory, "precious"), "utf8")).toBe("old");
    expect(readdirSync(directory)).toEqual(["f", "precious"]);
  });

  it("gives it to whom it shall belong, which is for root only", async () => {
    const given = { ...wanted(), uid: 65_534, gid: 65_533 };
    if (process.getuid?.() !== 0) {
      await expect(replaceFile(path, given, "deploy w")).rejects.toMatchObject({ code: "EPERM" });
      expect(readdirSync(directory)).toEqual([]);
      return;
    }
    await replaceFile(path, given, "deploy w");
    expect(statSync(path)).toMatchObject({ uid: 65_534, gid: 65_533 });
  });
});
