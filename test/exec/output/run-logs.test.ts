import { existsSync, readdirSync, readFileSync, rmSync, statSync, watch } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { freshDirectory, freshLifelines, request, run, shell, startRunner } from "../runner-harness.ts";

const limits = { maxRunSize: 64 * 1024, runs: 3, maxTotalSize: 1024 * 1024 };

function logs(directory: string, owner = "m", part = "w"): string {
  return join(directory, "logs", owner, part);
}

/** Bytes of all files below a directory. */
function sizeOf(directory: string): number {
  let bytes = 0;
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    // A file may be removed at any time.
    const stats = statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false });
    if (entry.isFile()) bytes += stats?.size ?? 0;
  }
  return bytes;
}

/** Resolves as soon as it is so, asked again after each change in the directory. */
function becomes(directory: string, isSo: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const watcher = watch(directory, check);
    function check(): void {
      if (!isSo()) return;
      watcher.close();
      resolve();
    }
    check();
  });
}

it("a hook may open /dev/stdout and /dev/stderr", async () => {
  const runner = await startRunner(freshDirectory());
  const script = "set -e; echo one; echo two >> /dev/stderr; echo three >> /dev/stdout; echo four >&2";
  const result = await run(runner, shell(script, { readsStdout: false }));
  expect(result).toMatchObject({ end: { how: "exited", code: 0 }, output: "one\ntwo\nthree\nfour\n" });
  const opened = await run(runner, shell("set -e; echo x > /dev/stderr", { readsStdout: false }));
  expect(opened).toMatchObject({ end: { how: "exited", code: 0 }, output: "x\n" });
});

it("a run's output is a file of mode 0600 in directories of mode 0700", async () => {
  const directory = freshDirectory();
  const runner = await startRunner(directory);
  const script = "test -f /dev/stdout && test -f /dev/stderr && echo hello";
  expect(await run(runner, shell(script, { readsStdout: false }))).toMatchObject({
    output: "hello\n",
    run: 1,
  });
  const file = join(logs(directory), "1.log");
  expect(readFileSync(file, "utf8")).toBe("hello\n");
  const modes = [
    file,
    join(logs(directory), "1.jsonl"),
    logs(directory),
    join(directory, "logs", "m"),
    join(directory, "logs"),
  ];
  expect(modes.map((path) => (statSync(path).mode & 0o777).toString(8))).toEqual([
    "600",
    "600",
    "700",
    "700",
    "700",
  ]);
});

it("standard output is read alone, whatever is written to standard error", async () => {
  const directory = freshDirectory();
  const runner = await startRunner(directory);
  const result = await run(runner, shell("echo warning > /dev/stderr; echo '{}'", { readsStdout: true }));
  expect(result).toMatchObject({ stdout: "{}\n", stdoutComplete: true, output: "{}\nwarning\n" });
  expect(readFileSync(join(logs(directory), "1.out"), "utf8")).toBe("{}\n");
  expect(readFileSync(join(logs(directory), "1.err"), "utf8")).toBe("warning\n");
});

it("no name leaves the directory of logs", async () => {
  const directory = freshDirectory();
  const runner = await startRunner(directory);
  for (const [owner, part] of [
    ["../../x", ".."],
    ["@a/b", "ü".repeat(200)],
    ["", "."],
  ] as const) {
    const result = await run(runner, shell("echo x", { log: { owner, part } }));
    expect(result).toMatchObject({ end: { how: "exited", code: 0 }, run: 1 });
  }
  expect(readdirSync(directory).sort()).toEqual(["commands", "logs"]);
  expect(readdirSync(join(directory, "logs")).sort()).toEqual(["%", "%2E.%2F..%2Fx", "@a%2Fb"]);
});

it("a process that is left in the background goes on writing to its file", async () => {
  const directory = freshDirectory();
  const lifelines = await freshLifelines(directory);
  const runner = await startRunner(directory, { logs: limits });
  const [node = "", ...words] = lifelines.argv("left");
  const server = `${[node, ...words].map((word) => `'${word}'`).join(" ")}; echo late; echo later >&2; touch ${directory}/done`;
  const result = await run(runner, shell(`{ ${server}; } & echo begun`, { readsStdout: false }));
  expect(result).toMatchObject({ end: { how: "exited", code: 0 }, output: "begun\n" });
  const left = await lifelines.begun("left");
  await runner.stop({ drainMs: 0 });
  left.exit(0);
  await becomes(directory, () => existsSync(join(directory, "done")));
  expect(readFileSync(join(logs(directory), "1.log"), "utf8")).toBe("begun\nlate\nlater\n");
});

it("100 MB of output take no more disk than allowed, and show beginning, cut and end", async () => {
  const directory = freshDirectory();
  const runner = await startRunner(directory, { logs: limits });
  const lines = "a line of a flood\n".repeat(5_000);
  const script = `echo begin; i=0; while [ $i -lt 1112 ]; do cat "$LINES"; i=$((i+1)); done; sleep 0.2; echo end`;
  const sizes: number[] = [];
  const watcher = watch(directory, { recursive: true }, () => sizes.push(sizeOf(directory)));
  onTestFinished(() => watcher.close());
  const result = await run(runner, shell(script, { readsStdout: false, files: { LINES: lines } }));
  expect(result.end).toEqual({ how: "exited", code: 0 });
  expect(result.output.endsWith("\nend\n")).toBe(true);
  expect(sizeOf(join(directory, "logs"))).toBeLessThan(limits.maxRunSize + 1024);
  expect(Math.max(...sizes)).toBeLessThan(50_000_000);
  const text = ["1.log.head", "1.log.tail", "1.log"]
    .map((name) => readFileSync(join(logs(directory), name), "utf8"))
    .join("");
  const cut = /^begin\n(?:a line of a flood\n)+\n\[machinist: (\d+) bytes cut here\]\n/.exec(text);
  expect(Number(cut?.[1])).toBeGreaterThan(90_000_000);
});

it("a flood of a process that was left behind is cut too, also by the next helper", async () => {
  const directory = freshDirectory();
  const lifelines = await freshLifelines(directory);
  const first = await startRunner(directory, { logs: limits });
  const words = lifelines.argv("left").map((word) => `'${word}'`);
  const flood = `{ ${words.join(" ")}; yes flood | head -c 20000000; touch ${directory}/done; ${lifelines
    .argv("held")
    .map((word) => `'${word}'`)
    .join(" ")}; } &`;
  await run(first, shell(flood, { readsStdout: false }));
  const left = await lifelines.begun("left");
  await first.stop({ drainMs: 0 });
  await startRunner(directory, { logs: limits });
  left.exit(0);
  await becomes(directory, () => existsSync(join(directory, "done")));
  const held = await lifelines.begun("held");
  await becomes(logs(directory), () => sizeOf(join(directory, "logs")) < limits.maxRunSize * 2);
  expect(readdirSync(logs(directory)).sort()).toEqual(["1.jsonl", "1.log", "1.log.head", "1.log.tail"]);
  held.exit(0);
  await held.gone;
});

it("only so many runs are kept per watcher, and their numbers go on", async () => {
  const directory = freshDirectory();
  const first = await startRunner(directory, { logs: limits });
  for (let count = 0; count < 5; count++) await run(first, shell("echo x", { readsStdout: false }));
  await run(first, shell("echo x", { log: { owner: "m", part: "other" } }));
  expect(readdirSync(logs(directory)).sort()).toEqual(
    [3, 4, 5].flatMap((number) => [`${number}.jsonl`, `${number}.log`]),
  );
  await first.stop({ drainMs: 0 });
  const second = await startRunner(directory, { logs: limits });
  expect((await run(second, shell("echo x"))).run).toBe(6);
  expect(readdirSync(logs(directory, "m", "other"))).toHaveLength(3);
});

it("a running command's files are not removed, however many runs come after it", async () => {
  const directory = freshDirectory();
  const lifelines = await freshLifelines(directory);
  const runner = await startRunner(directory, { logs: limits, concurrency: 2 });
  const long = run(runner, request(lifelines.argv("long"), { readsStdout: false }));
  const life = await lifelines.begun("long");
  for (let count = 0; count < 5; count++) await run(runner, shell("echo x", { readsStdout: false }));
  expect(readdirSync(logs(directory))).toContain("1.log");
  life.exit(0);
  await long;
});

it("all runs together take no more than allowed: the oldest are removed first", async () => {
  const directory = freshDirectory();
  const total = { ...limits, runs: 100, maxTotalSize: 200_000 };
  const runner = await startRunner(directory, { logs: total });
  for (const part of ["a", "b", "c", "d"]) {
    const log = { owner: "m", part };
    for (let count = 0; count < 2; count++)
      await run(runner, shell("head -c 40000 /dev/zero | tr '\\0' x", { log, readsStdout: false }));
  }
  await becomes(logs(directory, "m", "a"), () => readdirSync(logs(directory, "m", "a")).length === 0);
  expect(sizeOf(join(directory, "logs"))).toBeLessThan(280_000);
  expect(readdirSync(logs(directory, "m", "d"))).toContain("2.log");
});

it("logs that somebody removed are begun again", async () => {
  const directory = freshDirectory();
  const runner = await startRunner(directory);
  await run(runner, shell("echo x"));
  rmSync(join(directory, "logs"), { recursive: true });
  expect(await run(runner, shell("echo y"))).toMatchObject({
    end: { how: "exited", code: 0 },
    stdout: "y\n",
  });
});
