/** A low limit on open files: every command works or says what is too low and what is needed. */
import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const cli = join(import.meta.dirname, "../../dist/src/cli/bin.js");
const limits = [20, 24, 28, 32, 40, 48, 56, 63, 64, 72, 80, 90, 100];

describe("with a low limit on open files", () => {
  let directory: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "machinist-limits-"));
    await mkdir(join(directory, "machines"));
  });

  afterEach(async () => {
    await rm(directory, { recursive: true });
  });

  function run(limit: number, ...argv: string[]) {
    const script = `ulimit -n ${limit}; exec "$@"`;
    const words = ["-c", script, "sh", process.execPath, cli, ...argv];
    return spawnSync("sh", words, { cwd: directory, encoding: "utf8", timeout: 20_000 });
  }

  function complaint(limit: number, program: string, needed: number): string {
    return `too many open files: the limit is ${limit}; ${program} needs at least ${needed}. Raise it with \`ulimit -n ${needed}\``;
  }

  it.each([
    { name: "kv ls", argv: ["kv", "ls"] },
    { name: "validate", argv: ["validate", "machines"] },
    { name: "doctor", argv: ["doctor"] },
  ])("$name works or says what is needed", ({ argv }) => {
    for (const limit of limits) {
      const { status, stderr } = run(limit, ...argv);
      const needed = limit < 64 ? 64 : 256;
      const expected = `machinist: ${complaint(limit, "machinist", needed)}\n`;
      if (limit < 64 || status !== 0)
        expect({ limit, status, stderr }).toEqual({ limit, status: 1, stderr: expected });
      else expect(stderr).not.toMatch(/should not happen|EMFILE|^ +at /m);
    }
  });

  it("run says what the daemon needs", () => {
    for (const limit of [...limits, 150, 255]) {
      const { status, stderr } = run(limit, "run");
      const expected =
        limit < 64 ? complaint(limit, "machinist", 64) : complaint(limit, "machinist run", 256);
      expect({ limit, status, stderr }).toEqual({ limit, status: 1, stderr: `machinist: ${expected}\n` });
    }
  });

  it("--json says so as JSON", () => {
    const { stderr } = run(28, "kv", "ls", "--json");
    expect(JSON.parse(stderr)).toEqual({
      error: {
        code: "FAILED",
        message: complaint(28, "machinist", 64),
        details: { limit: 28, needed: 64 },
      },
    });
  });
});
