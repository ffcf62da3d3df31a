/** Why a command could not be started: one text per cause, so that it is logged once. */
import { mkdtempSync, rmdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { explainFileFailure, explainStartFailure } from "../../src/exec/start-failure.ts";

function thrownBy(work: () => void): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  return undefined;
}

it("a file that cannot be written is explained without its name, which is another one each time", () => {
  const directory = mkdtempSync(join(tmpdir(), "machinist-start-failure-"));
  const thrown = thrownBy(() => writeFileSync(join(directory, "gone", "facts.json"), ""));
  rmdirSync(directory);
  expect(explainFileFailure(thrown)).toBe(
    "its files could not be written: ENOENT: no such file or directory",
  );
});

it("the limit on open files is named, for files and for programs", () => {
  const thrown = Object.assign(new Error("EMFILE: too many open files, open '/a/b'"), { code: "EMFILE" });
  const attempt = { program: "true", directory: "/", path: "/bin" };
  const expected = "too many open files; raise the limit with `ulimit -n`";
  expect([explainFileFailure(thrown), explainStartFailure(thrown, attempt)]).toEqual([expected, expected]);
});

it("what is no failure of the system is told as it is", () => {
  expect(explainFileFailure(new Error("bad name, open 'x'"))).toBe(
    "its files could not be written: bad name, open 'x'",
  );
});
