import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { bin, runProgram, startProgram } from "./program.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "machinist-program-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const run = (...argv: string[]) => runProgram({ directory }, ...argv);
const stack = /\n\s+at /;

describe("the program as a process", () => {
  it("keeps what it was told from one process to the next, bytes and all", async () => {
    expect(await run("kv", "add", "B")).toMatchObject({
      status: 0,
      stderr: expect.stringMatching(/^created store lmdb:.*\n$/),
    });
    const stdin = Buffer.from([0, 255, 10, 27, 128]);
    expect(await runProgram({ directory, stdin }, "kv", "put", "B", "k")).toMatchObject({ status: 0 });
    expect((await run("kv", "get", "B", "k", "--raw")).bytes).toEqual(stdin);
  });

  it.each<[number, string]>([
    [2, "kv"],
    [2, "kv get"],
    [2, "kv add a..b"],
    [3, "kv get NONE k"],
    [3, "validate none.yaml"],
    [1, "list"],
    [1, "kv ls --store nats://127.0.0.1:1"],
    [6, "kv add B --replicas 3"],
  ])("ends with %i: machinist %s", async (status, line) => {
    const ran = await run(...line.split(" "));
    expect(ran).toMatchObject({ status, stdout: "" });
    expect(ran.stderr).not.toMatch(stack);
    expect(ran.stderr).not.toContain("Warning");
  });

  it("shows no stack when the disk will not have it", async () => {
    await writeFile(join(directory, "file"), "");
    const ran = await run("kv", "add", "B", "--data", "file/below");
    expect(ran.status).toBe(1);
    expect(ran.stderr).toMatch(/^machinist: /);
    expect(ran.stderr).not.toMatch(stack);
  });

  it("reads the environment: MACHINIST_DATA, MACHINIST_JSON", async () => {
    const environment = { MACHINIST_DATA: "elsewhere", MACHINIST_JSON: "1" };
    const added = await runProgram({ directory, environment }, "kv", "add", "B");
    expect(JSON.parse(added.stdout)).toMatchObject({ bucket: "B" });
    expect((await run("kv", "ls", "-n", "--data", "elsewhere")).stdout).toBe("B\n");
  });

  it("ends quietly when the reader of its output leaves, and not when the disk is full", async () => {
    await run("kv", "add", "B");
    await runProgram({ directory, stdin: Buffer.alloc(1_000_000, "x") }, "kv", "put", "B", "k", "-");
    const shell = async (line: string) => {
      const script = `set -o pipefail; machinist() { "${process.execPath}" "${bin}" "$@"; }; ${line}`;
      const ended = await promisify(execFile)("bash", ["-c", script], { cwd: directory }).catch(
        (error) => error,
      );
      return { status: ended.code ?? 0, stdout: ended.stdout, stderr: ended.stderr };
    };
    expect(await shell("machinist kv get B k --raw | head -c 3")).toEqual({
      status: 0,
      stdout: "xxx",
      stderr: "",
    });
    expect(await shell("machinist --help | true")).toMatchObject({ status: 0, stderr: "" });
    const full = await shell("machinist kv get B k --raw > /dev/full");
    expect(full).toMatchObject({ status: 1, stderr: expect.stringContaining("machinist: ") });
    expect(full.stderr).not.toMatch(stack);
  });
});

describe("kv watch between processes", () => {
  it("--once waits for a value that another process puts", async () => {
    await run("kv", "add", "B");
    const waiting = run("kv", "watch", "B", "k", "--once", "--timeout", "50s");
    // Whether the watch begins before the put or after it, the value comes.
    expect(await run("kv", "put", "B", "k", "here")).toMatchObject({ status: 0 });
    expect(await waiting).toMatchObject({ status: 0, stdout: "here", stderr: "" });
  });

  it("--once ends with 5 when nothing comes", async () => {
    await run("kv", "add", "B");
    expect(await run("kv", "watch", "B", "k", "--once", "--timeout", "10ms")).toMatchObject({
      status: 5,
      stdout: "",
      stderr: "machinist: no value came within 10ms\n",
    });
  });

  it("shows what another process writes, and ends with 0 at Ctrl-C", async () => {
    await run("kv", "add", "B");
    await run("kv", "put", "B", "first", "1");
    const watching = startProgram({ directory }, ["kv", "watch", "B"]);
    const lines = createInterface({ input: watching.stdout })[Symbol.asyncIterator]();
    expect((await lines.next()).value).toMatch(/ PUT B > first: 1$/);
    await run("kv", "put", "B", "second", "2");
    expect((await lines.next()).value).toMatch(/ PUT B > second: 2$/);
    const ended = once(watching, "close");
    watching.kill("SIGINT");
    expect(await ended).toEqual([0, null]);
  });
});

describe("the machine commands beside a daemon", () => {
  const machine = `\
name: light
version: 1.0.0
initial_state: OFF
transitions:
  - { name: on, from: [OFF], destination: ON }
  - { name: off, from: [ON], destination: OFF }
watchers:
  - { name: burn, type: timer, state_match: [ON], fail_transition: off, properties: { timer: 1h } }
`;

  it("list, show, transition, history, data, graph; a second daemon is refused; TERM ends it with 0", async () => {
    await mkdir(join(directory, "machines"));
    await writeFile(join(directory, "machines/light.yaml"), machine);
    const daemon = startProgram({ directory }, ["run"]);
    const ended = once(daemon, "close");
    try {
      for await (const line of createInterface({ input: daemon.stdout })) if (line.includes("Ctrl-C")) break;
      daemon.stdout.resume();

      expect((await run("list")).stdout).toMatch(/│ light │ 1.0.0 +│ OFF +│ .* │ running │ on +│/);
      expect(await run("transition", "light", "on")).toMatchObject({
        status: 0,
        stdout: "light: on, OFF to ON\n",
      });
      expect(await run("transition", "light", "on")).toMatchObject({ status: 4, stdout: "" });
      expect((await run("show", "light")).stdout).toMatch(
        /Last Transition: on, OFF to ON, .*, by user .+ \(claimed\) on .+\n/,
      );
      const history = JSON.parse((await run("history", "light", "--json")).stdout);
      expect(history).toMatchObject({
        transition: "on",
        from: "OFF",
        to: "ON",
        by: expect.stringMatching(/^user .+ \(claimed\) on /),
      });

      expect(await run("data", "light", "set", "a", '{"b":1}')).toMatchObject({ status: 0, stdout: "" });
      expect((await run("data", "light")).stdout).toBe('a: {"b":1}\n');
      expect((await run("data", "light", "get", "a")).stdout).toBe('{"b":1}\n');
      expect(await run("data", "light", "unset", "a")).toMatchObject({ status: 0 });
      expect(await run("data", "light", "get", "a")).toMatchObject({ status: 3 });

      expect((await run("graph", "light")).stdout).toContain("● ON (now)");
      expect((await run("show", "lihgt")).stderr).toContain('did you mean "light"?');
      expect(await run("kv", "add", "B")).toMatchObject({ status: 0 });
      expect(await run("run")).toMatchObject({
        status: 4,
        stderr: expect.stringContaining(String(daemon.pid)),
      });
    } finally {
      daemon.kill("SIGTERM");
    }
    expect(await ended).toEqual([0, null]);
  });
});
