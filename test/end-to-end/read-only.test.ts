/** The data files of a running daemon turn read-only: one line when writes begin to fail, one when they succeed again, nothing lost. */
import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { type IncomingMessage, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type DaemonProcess, startDaemonProcess } from "./kill/daemon-process.ts";

const cli = join(import.meta.dirname, "../../dist/src/cli/bin.js");

const machine = `
name: ticking
version: 1.0.0
initial_state: ONE
transitions:
  - { name: go, from: [ONE], destination: TWO }
  - { name: back, from: [TWO], destination: ONE }
watchers:
  - name: forth
    type: timer
    state_match: [ONE]
    fail_transition: go
    properties: { timer: 1s }
  - name: home
    type: timer
    state_match: [TWO]
    fail_transition: back
    properties: { timer: 1s }
`;

interface Line {
  readonly level: string;
  readonly msg: string;
  readonly code?: string;
}

describe("a daemon whose data files turn read-only", () => {
  let directory: string;
  let dataFiles: string[];
  let daemon: DaemonProcess;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "machinist-read-only-"));
    await mkdir(join(directory, "machines"));
    await writeFile(join(directory, "machines", "ticking.yaml"), machine);
    daemon = startDaemonProcess({
      dropDirectory: join(directory, "machines"),
      dataDirectory: join(directory, "data"),
      workingDirectory: directory,
    });
    await daemon.logged("ONE → TWO");
    const found = await readdir(join(directory, "data"), { recursive: true });
    dataFiles = found
      .filter((path) => path.endsWith("data.mdb"))
      .map((path) => join(directory, "data", path));
  });

  afterEach(async () => {
    makeWritable();
    daemon.kill("SIGKILL");
    await daemon.ended;
    await rm(directory, { recursive: true });
  });

  /** The kernel then refuses writes also to open files. @returns false where only root may, or the file system cannot */
  function makeReadOnly(): boolean {
    return spawnSync("chattr", ["+i", ...dataFiles]).status === 0;
  }

  function makeWritable(): void {
    spawnSync("chattr", ["-i", ...dataFiles]);
    limitFiles("unlimited");
  }

  /** Stands in for it elsewhere: each write fails as too large. */
  function limitFiles(bytes: string): void {
    spawnSync("prlimit", ["--pid", String(daemon.pid), `--fsize=${bytes}:`]);
  }

  function run(...argv: string[]) {
    const words = [cli, ...argv, "--data", join(directory, "data"), "--json"];
    return spawnSync(process.execPath, words, { cwd: directory, encoding: "utf8", timeout: 20_000 });
  }

  async function readiness() {
    const socketPath = join(directory, "data", "machinist.sock");
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      request({ socketPath, path: "/readyz" }, resolve).on("error", reject).end();
    });
    return { status: response.statusCode, body: JSON.parse(await text(response)) };
  }

  it("says so once, refuses writes with a clear error, and goes on by itself", async () => {
    expect((await readiness()).status).toBe(200);
    const isReadOnly = makeReadOnly();
    if (!isReadOnly) limitFiles("0");
    const code = isReadOnly ? "STORE_READ_ONLY" : "FAILED";
    await daemon.logged("writes to the store fail");
    expect(await readiness()).toMatchObject({ status: isReadOnly ? 503 : 500, body: { error: { code } } });
    const { checks } = JSON.parse(run("doctor").stdout);
    expect(checks).toContainEqual({
      check: "Daemon",
      state: "problem",
      text: expect.stringContaining("the store in"),
    });
    const asked = ["go", "back"].map((name) => run("transition", "ticking", name).stderr);
    expect(asked.join("")).toContain(`"code":"${code}"`);

    makeWritable();
    await daemon.logged("writes to the store succeed again");
    await daemon.logged("the watcher's result is committed again");
    expect(await readiness()).toEqual({ status: 200, body: { status: "ok" } });

    const lines = daemon.log().split("\n").slice(0, -1);
    // LMDB prints a failed write itself; a read-only file is noticed before LMDB writes.
    const own = isReadOnly ? lines : lines.map((line) => line.replace(/^(Write error: [^{]*)+/, ""));
    const logged = own.map((line) => JSON.parse(line) as Line);
    const errors = logged.filter(({ level }) => level === "error");
    expect(errors).toEqual([
      expect.objectContaining({ msg: "writes to the store fail", code }),
      expect.objectContaining({ msg: "could not commit the watcher's result; retrying", code }),
    ]);
    const again = logged.filter(({ msg }) => msg === "writes to the store succeed again");
    expect(again).toHaveLength(1);
    const moves = run("history", "ticking")
      .stdout.trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { readonly from: string; readonly to: string });
    // Every move begins where the one before ended.
    expect(moves.length).toBeGreaterThanOrEqual(2);
    expect(moves.slice(0, -1).map(({ from }) => from)).toEqual(moves.slice(1).map(({ to }) => to));
  });
});
