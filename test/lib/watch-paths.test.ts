import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { HintSlot } from "../../src/lib/hint-slot.ts";
import { watchPaths } from "../../src/lib/watch-paths.ts";

interface Watched {
  readonly directory: string;
  readonly told: string[];
  /** Resolves when so much was told. */
  until(count: number): Promise<void>;
}

async function watched(
  prepare: (directory: string) => void,
  { tellsPresent = false, ignored = "ignored" } = {},
): Promise<Watched> {
  const directory = mkdtempSync(join(tmpdir(), "machinist-watch-"));
  prepare(directory);
  const told: string[] = [];
  const slot = new HintSlot();
  const tell = (what: string): void => {
    told.push(what.replace(`${directory}/`, ""));
    slot.fill();
  };
  const unwatch = await watchPaths(
    directory,
    { depth: 0, tellsPresent, ignores: (path) => path.endsWith(ignored) },
    {
      present: (file) => tell(`present ${file}`),
      gone: (file) => tell(`gone ${file}`),
      failed: (cause) => slot.fail(cause),
    },
  );
  onTestFinished(async () => {
    await unwatch();
    rmSync(directory, { recursive: true, force: true });
  });
  const until = async (count: number): Promise<void> => {
    while (told.length < count) await slot.take();
  };
  return { directory, told, until };
}

describe("watching paths", () => {
  it("tells what comes, changes and goes, and nothing of what is ignored or was there", async () => {
    const { directory, told, until } = await watched((at) => writeFileSync(join(at, "old"), ""));
    writeFileSync(join(directory, "ignored"), "one");
    writeFileSync(join(directory, "f"), "one");
    await until(1);
    writeFileSync(join(directory, "next"), "two");
    renameSync(join(directory, "next"), join(directory, "f"));
    await until(2);
    rmSync(join(directory, "f"));
    await until(3);
    expect(told).toEqual(["present f", "present f", "gone f"]);
  });

  it("tells first what is there, when it shall", async () => {
    const { told } = await watched(
      (at) => {
        writeFileSync(join(at, "f"), "");
        writeFileSync(join(at, "ignored"), "");
        mkdirSync(join(at, "d"));
        writeFileSync(join(at, "d", "too-deep"), "");
      },
      { tellsPresent: true },
    );
    expect(told).toEqual(["present f"]);
  });
});
