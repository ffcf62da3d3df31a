/** A low limit on open files: every command says what is too low and what is needed. */
import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startDaemonProcess } from "../end-to-end/kill/daemon-process.ts";

const cli = join(import.meta.dirname, "../../dist/src/cli/bin.js");
const limits = [20, 24, 28, 32, 40, 48, 56, 63, 64, 72, 80, 90, 100, 150, 200, 255];

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

  function complaint(limit: number): string {
    return `too many open files: the limit is ${limit}; machinist needs at least 256. Raise it with \`ulimit -n 256\``;
  }

  it.each([
    { name: "kv ls", argv: ["kv", "ls"] },
    { name: "validate", argv: ["validate", "machines"] },
    { name: "doctor", argv: ["doctor"] },
    { name: "run", argv: ["run"] },
  ])("$name says what is needed", ({ argv }) => {
    for (const limit of limits) {
      const { status, stderr } = run(limit, ...argv);
      expect({ limit, status, stderr }).toEqual({
        limit,
        status: 1,
        stderr: `machinist: ${complaint(limit)}\n`,
      });
    }
  });

  it.each([
    { name: "kv ls", argv: ["kv", "ls"] },
    { name: "validate", argv: ["validate", "machines"] },
    { name: "doctor", argv: ["doctor"] },
  ])("$name works with what it asks for", ({ argv }) => {
    const { signal, stderr } = run(256, ...argv);
    expect(signal).toBeNull();
    expect(stderr).not.toMatch(/should not happen|EMFILE|too many open files|^ +at /m);
  });

  it("the daemon starts with what it asks for", async () => {
    const daemon = startDaemonProcess({
      dropDirectory: join(directory, "machines"),
      dataDirectory: join(directory, "data"),
      workingDirectory: directory,
      openFiles: 256,
    });
    expect(await daemon.greeted).toContain("machinist runs 0 machines");
    daemon.kill("SIGTERM");
    expect(await daemon.ended).toBe(0);
  });

  it("--json says so as JSON", () => {
    const { stderr } = run(28, "kv", "ls", "--json");
    expect(JSON.parse(stderr)).toEqual({
      error: { code: "FAILED", message: complaint(28), details: { limit: 28, needed: 256 } },
    });
  });
});
