import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { CommandRequest } from "../../src/exec/command.ts";
import { startCommandRunner } from "../../src/exec/helper-runner.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { silentLogger } from "../../src/lib/logger.ts";
import { acquireProcessLock } from "../../src/lib/process-lock.ts";
import {
  baseEnvironment,
  freshDirectory,
  freshLifelines,
  request,
  run,
  runDirectories,
  shell,
  startRunner,
} from "./runner-harness.ts";

function variables(output: string): Record<string, string> {
  return Object.fromEntries(
    output
      .split("\0")
      .filter((line) => line !== "")
      .map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
  );
}

describe("what a command finds", () => {
  it("C44: exactly the base environment, the request's, the files', MACHINE_RUN_ID and the mark", async () => {
    const directory = freshDirectory();
    const runner = await startRunner(directory);
    const result = await run(
      runner,
      request(["env", "-0"], {
        environment: { MACHINE_NAME: "m", MACHINE_WATCHER_NAME: "w", TZ: "Europe/Berlin" },
        files: { WATCHER_DATA: "{}", WATCHER_FACTS: "{}" },
        runId: "run-7",
      }),
    );
    const { WATCHER_DATA, WATCHER_FACTS, MACHINIST_COMMAND, ...rest } = variables(result.stdout);
    expect(rest).toEqual({
      ...baseEnvironment,
      TZ: "Europe/Berlin",
      MACHINE_NAME: "m",
      MACHINE_WATCHER_NAME: "w",
      MACHINE_RUN_ID: "run-7",
    });
    expect(MACHINIST_COMMAND).toMatch(/^[0-9a-f]{32}\/[0-9a-f-]{36}\/1$/);
    expect([WATCHER_DATA, WATCHER_FACTS].every((path) => path?.startsWith(`${directory}/commands/`))).toBe(
      true,
    );
  });

  it("C44: its directory, and files that hold the texts, mode 0600 in a 0700 directory, gone afterwards", async () => {
    const directory = freshDirectory();
    const machineDirectory = freshDirectory();
    const runner = await startRunner(directory);
    const data = '{"a":"ä\\n"}';
    const result = await run(
      runner,
      shell(
        'pwd -P; stat -c %a "$WATCHER_DATA"; stat -c %a "$(dirname "$WATCHER_DATA")"; cat "$WATCHER_DATA" "$WATCHER_FACTS"',
        {
          directory: machineDirectory,
          files: { WATCHER_DATA: data, WATCHER_FACTS: '{"f":1}' },
        },
      ),
    );
    expect(result.stdout).toBe(`${machineDirectory}\n600\n700\n${data}{"f":1}`);
    expect(runDirectories(directory)).toEqual([]);
  });

  it("a file it writes beside its own is removed as well", async () => {
    const directory = freshDirectory();
    const runner = await startRunner(directory);
    const result = await run(runner, shell('touch "$(dirname "$X")/more"', { files: { X: "x" } }));
    expect(result.end).toEqual({ how: "exited", code: 0 });
    expect(runDirectories(directory)).toEqual([]);
  });

  it("a bare name is searched in the request's PATH, the machine's directory at its end included", async () => {
    const machineDirectory = freshDirectory();
    writeFileSync(join(machineDirectory, "off.sh"), "#!/bin/sh\necho off $1\n", { mode: 0o755 });
    const runner = await startRunner(freshDirectory());
    const wanted = request(["off.sh", "now"], { directory: machineDirectory });
    expect((await run(runner, wanted)).end.how).toBe("not-started");
    const path = `${baseEnvironment.PATH}:${machineDirectory}`;
    expect(await run(runner, { ...wanted, environment: { PATH: path } })).toMatchObject({
      end: { how: "exited", code: 0 },
      stdout: "off now\n",
    });
  });

  it("words reach it as they are: no shell, no expansion", async () => {
    const runner = await startRunner(freshDirectory());
    const words = ["$HOME", "a b", "*", "", "`id`", "ü\n"];
    const result = await run(runner, request(["printf", "%s|", ...words]));
    expect(result.stdout).toBe(`${words.join("|")}|`);
  });

  it("has no standard input to wait for", async () => {
    const runner = await startRunner(freshDirectory());
    expect((await run(runner, request(["cat"]))).end).toEqual({ how: "exited", code: 0 });
  });
});

describe("how a command ends", () => {
  it.each<[string, CommandRequest, object]>([
    ["exit 0", shell("exit 0"), { how: "exited", code: 0 }],
    ["exit 3", shell("exit 3"), { how: "exited", code: 3 }],
    ["a signal", shell("kill -KILL $$"), { how: "signalled", signal: "SIGKILL" }],
    ["a timeout", shell("sleep 600 & wait", { timeoutMs: 50 }), { how: "timed-out", afterMs: 50 }],
    ["no words", request([]), { how: "not-started", reason: "the command is empty" }],
    [
      "an unknown program",
      request(["no-such-program"]),
      {
        how: "not-started",
        reason: `there is no program "no-such-program" in PATH (${baseEnvironment.PATH})`,
      },
    ],
    ["a missing file", request(["./no"]), { how: "not-started", reason: "there is no program /no" }],
    ["a directory", request(["/usr"]), { how: "not-started", reason: "/usr is a directory" }],
    [
      "a missing directory",
      request(["true"], { directory: "/no/such" }),
      { how: "not-started", reason: "its working directory /no/such does not exist" },
    ],
    [
      "a file for a directory",
      request(["true"], { directory: "/etc/passwd" }),
      { how: "not-started", reason: "its working directory /etc/passwd is no directory" },
    ],
    [
      "a NUL in a word",
      request(["true", "secret\0"]),
      { how: "not-started", reason: "word 2 of the command holds a NUL character" },
    ],
    [
      "a NUL in a variable",
      request(["true"], { environment: { A: "secret\0" } }),
      { how: "not-started", reason: 'variable "A" holds a NUL character' },
    ],
    [
      "a file no variable can name",
      request(["true"], { files: { "../x": "" } }),
      { how: "not-started", reason: 'its files could not be written: "../x" cannot name a variable' },
    ],
    [
      "an environment too large",
      request(["true"], { environment: { LARGE: "x".repeat(200_000) } }),
      {
        how: "not-started",
        reason: "its arguments and environment are too large for the system (E2BIG): pass large data by file",
      },
    ],
  ])("%s", async (_, wanted, end) => {
    const directory = freshDirectory();
    const runner = await startRunner(directory);
    expect((await run(runner, wanted)).end).toEqual(end);
    expect(runDirectories(directory)).toEqual([]);
  });

  it("a file without the execute bit, and one whose interpreter is missing, are told apart", async () => {
    const directory = freshDirectory();
    const runner = await startRunner(directory);
    const file = join(directory, "script");
    writeFileSync(file, "#!/no/such/interpreter\n");
    expect((await run(runner, request([file]))).end).toMatchObject({
      reason: `${file} is not executable: chmod +x it`,
    });
    chmodSync(file, 0o755);
    expect((await run(runner, request([file]))).end).toMatchObject({
      reason: `${file} cannot be started: its first line names "/no/such/interpreter", which is not a program on this host`,
    });
  });

  it("keeps the beginning of standard output and the last 64 KiB of both, out of 100 MB", async () => {
    const runner = await startRunner(freshDirectory());
    const result = await run(
      runner,
      shell("echo begin; head -c 100000000 /dev/zero | tr '\\0' x; echo end >&2; echo error >&2"),
    );
    expect(result.end).toEqual({ how: "exited", code: 0 });
    expect(result.stdoutComplete).toBe(false);
    expect(result.stdout).toMatch(/^begin\nx{500000}/);
    expect(result.stdout.length).toBeLessThanOrEqual(1024 * 1024);
    expect(result.output).toBe(`${"x".repeat(64 * 1024 - 10)}end\nerror\n`);
  });

  it("ends although what it left behind holds its output open, with all that it wrote", async () => {
    const lifelines = await freshLifelines(freshDirectory());
    const runner = await startRunner(freshDirectory());
    const background = lifelines
      .argv("left")
      .map((word) => `'${word}'`)
      .join(" ");
    const result = await run(runner, shell(`${background} & head -c 150000 /dev/zero | tr '\\0' y`));
    const left = await lifelines.begun("left");
    expect(result.stdout).toBe("y".repeat(150_000));
    expect(lifelines.lives("left")).toBe(true);
    left.exit(0);
    await left.gone;
  });
});

describe("order and number", () => {
  it("starts in order of arrival", async () => {
    const directory = freshDirectory();
    const runner = await startRunner(directory, { concurrency: 1 });
    const file = join(directory, "order");
    const numbers = Array.from({ length: 20 }, (_, index) => String(index));
    await Promise.all(numbers.map((number) => run(runner, shell(`echo ${number} >> ${file}`))));
    expect(readFileSync(file, "utf8")).toBe(`${numbers.join("\n")}\n`);
  });

  it("runs as many at once as told, and no more", async () => {
    const directory = freshDirectory();
    const lifelines = await freshLifelines(directory);
    const runner = await startRunner(directory, { concurrency: 2 });
    const names = ["a", "b", "c", "d", "e"];
    const results = names.map((name) => run(runner, request(lifelines.argv(name))));
    await Promise.all([lifelines.begun("a"), lifelines.begun("b")]);
    expect(runDirectories(directory)).toHaveLength(2);
    for (const name of names) (await lifelines.begun(name)).exit(0);
    await Promise.all(results);
    let living = 0;
    const most = Math.max(...lifelines.events.map((event) => (living += event.startsWith("+") ? 1 : -1)));
    expect(most).toBe(2);
  });
});

describe("abort", () => {
  it("before the start: stopped, and never started", async () => {
    const directory = freshDirectory();
    const lifelines = await freshLifelines(directory);
    const runner = await startRunner(directory, { concurrency: 1 });
    const first = run(runner, request(lifelines.argv("first")));
    const life = await lifelines.begun("first");
    const aborts = Array.from({ length: 4 }, () => new AbortController());
    const queued = aborts.map(({ signal }) => runner.run(shell(`touch ${directory}/ran`), signal));
    for (const abort of aborts) abort.abort();
    for (const result of await Promise.all(queued))
      expect(result).toMatchObject({ end: { how: "stopped" }, durationMs: 0 });
    life.exit(0);
    await first;
    const already = await runner.run(shell(`touch ${directory}/ran`), AbortSignal.abort());
    expect(already.end).toEqual({ how: "stopped" });
    expect((await run(runner, request(["test", "-e", `${directory}/ran`]))).end).toEqual({
      how: "exited",
      code: 1,
    });
  });

  it("while it runs: its whole group is stopped", async () => {
    const directory = freshDirectory();
    const lifelines = await freshLifelines(directory);
    const runner = await startRunner(directory);
    const abort = new AbortController();
    const result = runner.run(request(lifelines.argv("a", "parent")), abort.signal);
    const lives = await Promise.all([lifelines.begun("a"), lifelines.begun("a.child")]);
    abort.abort();
    expect((await result).end).toEqual({ how: "stopped" });
    await Promise.all(lives.map((life) => life.gone));
  });

  it("a disowned one is not stopped by abort or timeout, and still waited for", async () => {
    const directory = freshDirectory();
    const lifelines = await freshLifelines(directory);
    const runner = await startRunner(directory);
    const abort = new AbortController();
    const result = runner.run(request(lifelines.argv("d"), { disown: true, timeoutMs: 1 }), abort.signal);
    const life = await lifelines.begun("d");
    abort.abort();
    await run(runner, request(["true"]));
    life.exit(5);
    expect((await result).end).toEqual({ how: "exited", code: 5 });
  });
});

describe("stop", () => {
  it("lets running commands end, starts none that wait, and leaves no helper and no lock", async () => {
    const directory = freshDirectory();
    const lifelines = await freshLifelines(directory);
    const runner = await startRunner(directory, { concurrency: 1 });
    const running = run(runner, request(lifelines.argv("a")));
    const waiting = [1, 2, 3].map(() => run(runner, request(["true"])));
    const life = await lifelines.begun("a");
    const stopped = runner.stop({ drainMs: 60_000 });
    for (const result of await Promise.all(waiting)) expect(result.end).toEqual({ how: "stopped" });
    life.exit(4);
    expect((await running).end).toEqual({ how: "exited", code: 4 });
    await stopped;
    expect(runner.helperPid).toBeUndefined();
    expect((await run(runner, request(["true"]))).end).toEqual({ how: "stopped" });
    const lock = await acquireProcessLock({ directory, name: "commands" });
    await lock.release();
    expect(runDirectories(directory)).toEqual([]);
  });

  it("stops what runs longer than the limit; a disowned one goes on", async () => {
    const directory = freshDirectory();
    const lifelines = await freshLifelines(directory);
    const runner = await startRunner(directory, { concurrency: 2 });
    const deaf = run(runner, request(lifelines.argv("a", "deaf")));
    const disowned = run(runner, request(lifelines.argv("d"), { disown: true }));
    const [life] = await Promise.all([lifelines.begun("a"), lifelines.begun("d")]);
    await runner.stop({ drainMs: 0 });
    expect((await deaf).end).toEqual({ how: "stopped" });
    expect((await disowned).end).toEqual({ how: "lost" });
    await life.gone;
    expect(lifelines.lives("d")).toBe(true);
  });
});

it("a data directory that is not there is a clear refusal", async () => {
  const directory = join(freshDirectory(), "absent");
  const starting = startCommandRunner({ directory, baseEnvironment, clock: systemClock, log: silentLogger });
  await expect(starting).rejects.toMatchObject({
    code: "FAILED",
    message: expect.stringContaining(`cannot lock directory ${directory}`),
  });
});

it("a data directory that cannot hold the files is a clear refusal", async () => {
  const directory = freshDirectory();
  writeFileSync(join(directory, "commands"), "");
  const starting = startCommandRunner({ directory, baseEnvironment, clock: systemClock, log: silentLogger });
  await expect(starting).rejects.toMatchObject({ code: "FAILED" });
});

it("two data directories run their commands side by side", async () => {
  const [one, two] = [await startRunner(freshDirectory()), await startRunner(freshDirectory())];
  const results = await Promise.all([one, two].map((runner) => run(runner, request(["true"]))));
  expect(results.map((result) => result.end)).toEqual([
    { how: "exited", code: 0 },
    { how: "exited", code: 0 },
  ]);
});

it("a command may remove the directory of its files", async () => {
  const runner = await startRunner(freshDirectory());
  const result = await run(runner, shell('rm -r "$(dirname "$X")"', { files: { X: "x" } }));
  expect(result.end).toEqual({ how: "exited", code: 0 });
});
