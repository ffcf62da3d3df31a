import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isStagingName } from "../../src/definition/file-names.ts";
import { findMachineFiles, readMachineFile } from "../../src/definition/find.ts";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "machinist-find-"));
});
afterEach(() => rm(root, { recursive: true }));

async function put(...paths: string[]): Promise<void> {
  for (const path of paths) {
    await mkdir(join(root, path, ".."), { recursive: true });
    await writeFile(join(root, path), "name: x\n");
  }
}

async function found(path = "."): Promise<string[]> {
  return (await findMachineFiles(join(root, path))).map((file) => relative(root, file));
}

describe("findMachineFiles", () => {
  it("C35 a drop directory: NAME.yaml and NAME/machine.yaml, without what is staging", async () => {
    await put(
      "b.yaml",
      "a/machine.yaml",
      "a/run.sh",
      "a/other.yaml",
      "deep/er/machine.yaml",
      "note.txt",
      "old.yml",
    );
    await put(
      "tmp/machine.yaml",
      ".git/machine.yaml",
      "x-temp/machine.yaml",
      ".c.yaml",
      "tmp.yaml",
      "y-temp.yaml",
    );
    await mkdir(join(root, "empty"));
    expect(await found()).toEqual(["a/machine.yaml", "b.yaml", "old.yml"]);
  });

  it("a machine's directory is its one machine", async () => {
    await put("a/machine.yaml", "a/other.yaml");
    expect(await found("a")).toEqual(["a/machine.yaml"]);
  });

  it("a file is itself, whatever its name", async () => {
    await put("old.yml");
    expect(await found("old.yml")).toEqual(["old.yml"]);
  });

  it("follows links, and passes over those that lead nowhere", async () => {
    await put("releases/1/machine.yaml");
    await mkdir(join(root, "drop"));
    await symlink(join(root, "releases/1"), join(root, "drop/current"));
    await symlink(join(root, "nowhere"), join(root, "drop/gone.yaml"));
    expect(await found("drop")).toEqual(["drop/current/machine.yaml"]);
  });

  it("an empty directory holds none; one that is not there is FILE_NOT_FOUND", async () => {
    expect(await found()).toEqual([]);
    await expect(found("none")).rejects.toMatchObject({ code: "FILE_NOT_FOUND" });
  });
});

describe("readMachineFile", () => {
  it("reads a whole file, and of a large one only what shows that it is too large", async () => {
    await put("a.yaml");
    expect(Buffer.from(await readMachineFile(join(root, "a.yaml"))).toString()).toBe("name: x\n");
    await writeFile(join(root, "large.yaml"), Buffer.alloc(3_000_000, "#"));
    expect((await readMachineFile(join(root, "large.yaml"))).length).toBe(1_048_577);
  });

  it("refuses what is no file, at once", async () => {
    await expect(readMachineFile("/dev/zero")).rejects.toMatchObject({ code: "FAILED" });
    await expect(readMachineFile(root)).rejects.toMatchObject({ code: "FAILED" });
    await expect(readMachineFile(join(root, "none"))).rejects.toMatchObject({ code: "FILE_NOT_FOUND" });
  });
});

it.each([
  [".x", true],
  [".x.yaml", true],
  ["tmp", true],
  ["tmp.yaml", true],
  ["web-temp", true],
  ["web-temp.yaml", true],
  ["web", false],
  ["web.yaml", false],
  ["tmp-web", false],
  ["temp", false],
])("%s is staging: %s", (name, expected) => {
  expect(isStagingName(name)).toBe(expected);
});
