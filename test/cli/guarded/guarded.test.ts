/** `lock run` and `governor run`: real commands that hold real leases in the embedded store. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, readlink, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { bin, runProgram, startProgram } from "../program.ts";

let directory: string;
const run = (...argv: string[]) => runProgram({ directory }, ...argv);

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "machinist-guarded-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  await writeFile(join(directory, "machinist.yaml"), "exec: { stop_grace: 300ms }\n");
  await run("kv", "add", "LOCKS", "--marker-ttl", "1m");
  await run("governor", "add", "deploys", "1", "--ttl", "1s");
});

/** Runs until the command has printed its first line. */
async function started(...argv: string[]): Promise<ChildProcessWithoutNullStreams> {
  const child = startProgram({ directory }, argv);
  onTestFinished(() => void child.kill("SIGKILL"));
  for await (const _line of createInterface({ input: child.stdout })) break;
  child.stdout.resume();
  return child;
}

async function exitOf(child: ChildProcessWithoutNullStreams): Promise<{ status: number; stderr: string }> {
  let stderr = "";
  child.stderr.on("data", (chunk: Buffer) => {
    stderr += chunk;
  });
  const [status] = await once(child, "close");
  return { status, stderr };
}

const guards = [
  ["lock run", ["lock", "run", "LOCKS", "deploy", "--ttl", "1s"], "lock deploy of bucket LOCKS"],
  ["governor run", ["governor", "run", "deploys"], "a slot of governor deploys"],
] as const;

describe.each(guards)("%s", (_, guard, what) => {
  it("passes on output and exit status, gives the command its fence, and lets go", async () => {
    const ran = await run(...guard, "--", "sh", "-c", 'echo "$1 $MACHINIST_FENCE"; exit 3', "x", "--json");
    expect(ran).toMatchObject({
      status: 3,
      stdout: expect.stringMatching(/^--json [1-9]\d*\n$/),
      stderr: "",
    });
    expect(await run(...guard, "--no-wait", "--", "true")).toMatchObject({ status: 0 });
    expect(await run(...guard, "--", "sh", "-c", "kill -9 $$")).toMatchObject({ status: 137 });
    expect(await run(...guard, "--", "./none")).toMatchObject({
      status: 127,
      stderr: 'machinist: could not start "./none": there is no such program\n',
    });
    expect(await run(...guard)).toMatchObject({ status: 2, stderr: expect.stringContaining("'command'") });
  });

  it("runs one command after the other", async () => {
    const first = await started(...guard, "--", "sh", "-c", "echo ready; read line; echo first >> order");
    const second = startProgram({ directory }, [...guard, "--", "sh", "-c", "echo second >> order"]);
    const refused = await run(...guard, "--no-wait", "--", "true");
    expect(refused.status).toBe(4);
    expect(refused.stderr).toMatch(new RegExp(`^machinist: ${what} is taken: sh \\(pid \\d+\\) @ .* has it`));
    expect(await run(...guard, "--no-wait", "-E", "75", "--", "true")).toMatchObject({ status: 75 });
    expect(await run(...guard, "--wait", "100ms", "--", "true")).toMatchObject({ status: 5 });
    expect(await run(...guard, "--wait", "100ms", "-E", "0", "--", "true")).toMatchObject({ status: 0 });
    first.stdin.end("\n");
    expect(await exitOf(first)).toEqual({ status: 0, stderr: "" });
    expect((await exitOf(second)).status).toBe(0);
    expect((await runProgram({ directory }, "kv", "keys", "LOCKS")).stdout).toBe("");
    expect(await readFile(join(directory, "order"), "utf8")).toBe("first\nsecond\n");
  });

  it("forwards signals", async () => {
    const child = await started(
      ...guard,
      ...[
        "--",
        "sh",
        "-c",
        "trap 'exit 7' USR1; trap 'exit 8' TERM; echo ready; while :; do sleep 0.1; done",
      ],
    );
    child.kill("SIGTERM");
    expect((await exitOf(child)).status).toBe(8);
    const other = await started(
      ...guard,
      ...["--", "sh", "-c", "trap 'exit 7' USR1; echo ready; while :; do sleep 0.1; done"],
    );
    other.kill("SIGUSR1");
    expect((await exitOf(other)).status).toBe(7);
  });

  it("stops waiting at a signal, and lets others have it", async () => {
    const first = await started(...guard, "--", "sh", "-c", "echo ready; read line");
    const second = startProgram({ directory }, [...guard, "--wait", "1h", "--", "true"]);
    const ended = exitOf(second);
    // Only one who waits has opened the store by then.
    await waitsInLine(second);
    second.kill("SIGINT");
    expect((await ended).status).toBe(130);
    first.stdin.end("\n");
    expect((await exitOf(first)).status).toBe(0);
  });

  it("renews the lease while the command runs", async () => {
    const child = await started(...guard, "--", "sh", "-c", "echo ready; sleep 2; echo done");
    expect(await exitOf(child)).toEqual({ status: 0, stderr: "" });
  });

  it("stops the command and what it started when the lease is lost", async () => {
    const script =
      "trap '' TERM; (trap '' TERM; while :; do date +%N > alive; sleep 0.05; done) & echo ready; wait; wait";
    const child = await started(...guard, "--", "sh", "-c", script);
    const ended = exitOf(child);
    await (what.startsWith("lock")
      ? run("kv", "del", "LOCKS", "deploy", "-f")
      : run("governor", "evict", "deploys", "1"));
    const { status, stderr } = await ended;
    expect(status).toBe(4);
    expect(stderr).toContain(`machinist: ${what} was lost, and the command was stopped: `);
    const last = await readFile(join(directory, "alive"), "utf8");
    await run("status");
    expect(await readFile(join(directory, "alive"), "utf8")).toBe(last);
  });
});

/** Resolves when the process sleeps in its event loop: it has asked for the lease and waits. */
async function waitsInLine({ pid }: ChildProcessWithoutNullStreams): Promise<void> {
  for (;;) {
    const files = await readdir(`/proc/${pid}/fd`).catch(() => []);
    const open = await Promise.all(files.map((fd) => readlink(`/proc/${pid}/fd/${fd}`).catch(() => "")));
    if (
      open.some((path) => path.endsWith("data.mdb")) &&
      /^State:\s+S/m.test(await readFile(`/proc/${pid}/status`, "utf8"))
    )
      return;
  }
}

it("lock run: on a terminal the command has the terminal", async () => {
  const words = [
    process.execPath,
    bin,
    "lock",
    "run",
    "LOCKS",
    "k",
    "--",
    "sh",
    "-c",
    "'test -t 0 && test -t 1 && exit 9'",
  ];
  const child = spawn("script", ["-qec", words.join(" "), "/dev/null"], { cwd: directory, stdio: "ignore" });
  expect(await once(child, "exit")).toEqual([9, null]);
});

it("lock run: a bucket that does not exist is an error, not made", async () => {
  expect(await run("lock", "run", "LOKS", "k", "--", "true")).toMatchObject({
    status: 3,
    stderr: expect.stringContaining('did you mean "LOCKS"?'),
  });
});
