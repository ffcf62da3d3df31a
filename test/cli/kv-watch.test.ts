import { EventEmitter } from "node:events";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { SimulatedClock } from "../simulated-clock.ts";
import { Shell, type ShellOptions } from "./shell.ts";

let shell: Shell;
beforeEach(async () => {
  shell = await Shell.create();
  await shell.run("kv", "add", "CFG", "--history", "5");
  await put("username", "one");
  await put("username", "two");
  await put("other", "three");
  await shell.run("kv", "del", "CFG", "other", "-f");
});
afterEach(() => shell[Symbol.asyncDispose]());

const put = (key: string, value: string) => shell.run("kv", "put", "CFG", key, value);
const stamp = /\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\] /g;
const json = (text: string): unknown[] =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));

/** Watches until stdout holds so many lines, then presses Ctrl-C. */
async function watchUntil(count: number, argv: string[], onLine?: (seen: number) => void) {
  const signals = new EventEmitter();
  const onStdout = (text: string): void => {
    const seen = text.split("\n").length - 1;
    onLine?.(seen);
    if (seen >= count) signals.emit("SIGINT");
  };
  const ran = await shell.runWith({ signals, onStdout }, "kv", "watch", "CFG", ...argv);
  expect(ran).toMatchObject({ status: 0, stderr: "" });
  expect(signals.listenerCount("SIGINT") + signals.listenerCount("SIGTERM")).toBe(0);
  return ran.stdout;
}

describe("kv watch", () => {
  it("shows what is there, then what comes, a line each, until Ctrl-C", async () => {
    const stdout = await watchUntil(4, [], (seen) => {
      if (seen === 2)
        void put("username", "x\ny").then(() => shell.run("kv", "purge", "CFG", "username", "-f"));
    });
    expect(stdout.match(stamp)).toHaveLength(4);
    expect(stdout.replaceAll(stamp, "")).toBe(
      "PUT CFG > username: two\nDEL CFG > other\nPUT CFG > username: x\\ny\nPURGE CFG > username\n",
    );
  });

  it.each<[string, string[], string]>([
    ["a key", ["username"], "PUT CFG > username: two\n"],
    ["--no-deletes", ["--no-deletes"], "PUT CFG > username: two\n"],
    ["--history", ["username", "--history"], "PUT CFG > username: one\nPUT CFG > username: two\n"],
    ["--meta", ["username", "--meta"], "PUT CFG > username (3 B)\n"],
    ["--revision", ["--revision", "3"], "PUT CFG > other: three\nDEL CFG > other\n"],
  ])("%s", async (_name, argv, expected) => {
    const stdout = await watchUntil(expected.split("\n").length - 1, argv);
    expect(stdout.replaceAll(stamp, "")).toBe(expected);
  });

  it("--updates-only shows nothing of before", async () => {
    const clock = new SimulatedClock();
    const signals = new EventEmitter();
    const onStdout = (): void => void signals.emit("SIGINT");
    const options = { clock, signals, onStdout };
    const watching = shell.runWith(options, "kv", "watch", "CFG", "--updates-only", "--timeout", "1m");
    await untilArmed(clock);
    await put("username", "new");
    const { stdout, status } = await watching;
    expect(status).toBe(0);
    expect(stdout.replaceAll(stamp, "")).toBe("PUT CFG > username: new\n");
  });

  it("--json: an entry per line; --meta leaves the value out", async () => {
    expect(json(await watchUntil(2, ["--json"]))).toMatchObject([
      { bucket: "CFG", key: "username", value: "two", revision: 2, operation: "PUT", length: 3 },
      { key: "other", operation: "DEL", revision: 4 },
    ]);
    const [entry] = json(await watchUntil(1, ["username", "--meta", "--json"]));
    expect(entry).toMatchObject({ key: "username", length: 3 });
    expect(entry).not.toHaveProperty("value");
  });

  it("colours the operation on a terminal", async () => {
    const signals = new EventEmitter();
    const options: ShellOptions = { typed: "", signals, onStdout: () => signals.emit("SIGTERM") };
    expect((await shell.runWith(options, "kv", "watch", "CFG", "username")).stdout).toContain(
      "\u001b[32mPUT",
    );
  });

  it("--timeout ends it with 0", async () => {
    const clock = new SimulatedClock();
    const onStdout = (): void => void clock.advance(10_000);
    const ran = await shell.runWith(
      { clock, onStdout },
      "kv",
      "watch",
      "CFG",
      "username",
      "--timeout",
      "10s",
    );
    expect(ran).toMatchObject({ status: 0, stderr: "" });
    expect(ran.stdout).toContain("PUT CFG > username: two");
    expect(clock.armed).toBe(0);
  });

  it("of a bucket that is not there ends with 3", async () => {
    expect(await shell.run("kv", "watch", "CGF")).toMatchObject({ status: 3, stdout: "" });
  });
});

describe("kv watch --once", () => {
  it("prints the value that is there, raw", async () => {
    expect(await shell.run("kv", "watch", "CFG", "username", "--once", "--timeout", "10s")).toMatchObject({
      status: 0,
      stdout: "two",
      stderr: "",
    });
    const { stdout } = await shell.run("kv", "watch", "CFG", "username", "--once", "--json");
    expect(JSON.parse(stdout)).toMatchObject({ key: "username", value: "two", revision: 2 });
  });

  it("waits for one, past markers, when there is none", async () => {
    const clock = new SimulatedClock();
    const waiting = shell.runWith({ clock }, "kv", "watch", "CFG", "other", "--once", "--timeout", "10s");
    await untilArmed(clock);
    await shell.run("kv", "purge", "CFG", "other", "-f");
    await put("other", "at last");
    expect(await waiting).toMatchObject({ status: 0, stdout: "at last" });
    expect(clock.armed).toBe(0);
  });

  it("ends with 5 when none came in time", async () => {
    const clock = new SimulatedClock();
    const waiting = shell.runWith({ clock }, "kv", "watch", "CFG", "other", "--once", "--timeout", "90s");
    await untilArmed(clock);
    await clock.advance(90_000);
    expect(await waiting).toMatchObject({
      status: 5,
      stdout: "",
      stderr: "machinist: no value came within 1m30s\n",
    });
  });

  it("ends with 0 and prints nothing at Ctrl-C", async () => {
    const clock = new SimulatedClock();
    const signals = new EventEmitter();
    const waiting = shell.runWith(
      { clock, signals },
      "kv",
      "watch",
      "CFG",
      "other",
      "--once",
      "--timeout",
      "9s",
    );
    await untilArmed(clock);
    signals.emit("SIGINT");
    expect(await waiting).toMatchObject({ status: 0, stdout: "", stderr: "" });
  });
});

/** The timeout is armed when the command has opened its bucket. */
async function untilArmed(clock: SimulatedClock): Promise<void> {
  while (clock.armed === 0) await new Promise((resolve) => setImmediate(resolve));
}
