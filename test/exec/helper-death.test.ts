import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { CommandRequest } from "../../src/exec/command.ts";
import { acquireProcessLock } from "../../src/lib/process-lock.ts";
import { type BuiltProgram, startBuilt } from "./built-program.ts";
import type { Lifelines } from "./lifelines.ts";
import {
  freshDirectory,
  freshLifelines,
  request,
  run,
  runDirectories,
  runDirectoriesBecome,
  shell,
  startRunner,
} from "./runner-harness.ts";

function startDaemon(
  directory: string,
  graceMs: number,
  requests: readonly CommandRequest[],
): Promise<BuiltProgram> {
  return startBuilt("daemon", directory, String(graceMs), JSON.stringify(requests));
}

/** Resolves when no helper works for the directory any more. */
async function helperGone(directory: string): Promise<void> {
  const lock = await acquireProcessLock({ directory, name: "commands", wait: new AbortController().signal });
  await lock.release();
}

/** A command that ends and leaves a living process behind. */
function leavingBehind(lifelines: Lifelines, name: string): CommandRequest {
  const words = lifelines.argv(name).map((word) => `'${word}'`);
  return shell(`${words.join(" ")} >/dev/null 2>&1 &`);
}

describe("the helper is killed", () => {
  it("its commands end as lost and are gone; what waited runs in the next helper; a disowned one lives on", async () => {
    const directory = freshDirectory();
    const lifelines = await freshLifelines(directory);
    const runner = await startRunner(directory, { concurrency: 2 });
    const first = runner.helperPid;
    const deaf = run(runner, request(lifelines.argv("a", "deaf", "parent"), { files: { X: "x" } }));
    const disowned = run(runner, request(lifelines.argv("d"), { disown: true }));
    const waiting = [1, 2, 3, 4, 5, 6].map((code) => run(runner, shell(`exit ${code}`)));
    const lives = await Promise.all(["a", "a.child"].map((name) => lifelines.begun(name)));
    await lifelines.begun("d");
    process.kill(first ?? 0, "SIGKILL");
    expect([await deaf, await disowned].map((result) => result.end)).toEqual([
      { how: "lost" },
      { how: "lost" },
    ]);
    await Promise.all(lives.map((life) => life.gone));
    for (const [index, result] of (await Promise.all(waiting)).entries()) {
      expect(result.end).toEqual({ how: "exited", code: index + 1 });
    }
    expect(runner.helperPid).not.toBe(first);
    expect(lifelines.lives("d")).toBe(true);
  });

  it("again and again: each time the next one works", async () => {
    const runner = await startRunner(freshDirectory());
    for (let round = 0; round < 3; round++) {
      process.kill(runner.helperPid ?? 0, "SIGKILL");
      expect((await run(runner, request(["true"]))).end).toEqual({ how: "exited", code: 0 });
    }
  });

  it("a request aborted before it was started does not run in the next helper", async () => {
    const directory = freshDirectory();
    const runner = await startRunner(directory, { concurrency: 1 });
    const abort = new AbortController();
    process.kill(runner.helperPid ?? 0, "SIGSTOP");
    const result = runner.run(shell(`touch ${directory}/ran`), abort.signal);
    abort.abort();
    process.kill(runner.helperPid ?? 0, "SIGKILL");
    expect((await result).end).toEqual({ how: "stopped" });
    await run(runner, request(["true"]));
    expect(existsSync(`${directory}/ran`)).toBe(false);
  });
});

describe("another helper holds the directory", () => {
  it("commands wait for its end, and start then", async () => {
    const directory = freshDirectory();
    const held = await acquireProcessLock({ directory, name: "commands" });
    const runner = await startRunner(directory);
    const result = run(runner, request(["true"]));
    await held.release();
    expect((await result).end).toEqual({ how: "exited", code: 0 });
  });

  it("a runner that still waits can be stopped", async () => {
    const directory = freshDirectory();
    const held = await acquireProcessLock({ directory, name: "commands" });
    const runner = await startRunner(directory, { concurrency: 1 });
    const results = [1, 2, 3].map(() => run(runner, request(["true"])));
    await runner.stop({ drainMs: 60_000 });
    for (const result of results) expect((await result).end).toEqual({ how: "stopped" });
    await held.release();
  });
});

describe("the daemon is killed", () => {
  it("its commands are stopped and their files removed, the helper goes; a disowned one lives on and keeps its file", async () => {
    const directory = freshDirectory();
    const lifelines = await freshLifelines(directory);
    const daemon = await startDaemon(directory, 100, [
      request(lifelines.argv("polite"), { files: { X: "x" } }),
      request(lifelines.argv("deaf", "deaf", "parent"), { files: { X: "x" } }),
      request(lifelines.argv("disowned"), { disown: true, files: { X: "x" } }),
    ]);
    const names = ["polite", "deaf", "deaf.child"];
    const lives = await Promise.all(names.map((name) => lifelines.begun(name)));
    const disowned = await lifelines.begun("disowned");
    expect(runDirectories(directory)).toHaveLength(3);
    process.kill(daemon.pid, "SIGKILL");
    await Promise.all(lives.map((life) => life.gone));
    await helperGone(directory);
    expect(lifelines.lives("disowned")).toBe(true);
    expect(runDirectories(directory)).toHaveLength(1);

    const meanwhile = await startRunner(directory);
    await run(meanwhile, request(["true"]));
    expect(runDirectories(directory)).toHaveLength(1);
    await meanwhile.stop({ drainMs: 0 });
    disowned.exit(0);
    await disowned.gone;
    const later = await startRunner(directory);
    await run(later, request(["true"]));
    expect(runDirectories(directory)).toEqual([]);
  });

  it("a new daemon starts nothing before the old one's commands are gone", async () => {
    const directory = freshDirectory();
    const lifelines = await freshLifelines(directory);
    const daemon = await startDaemon(directory, 500, [request(lifelines.argv("old", "deaf", "parent"))]);
    await Promise.all([lifelines.begun("old"), lifelines.begun("old.child")]);
    process.kill(daemon.pid, "SIGKILL");
    const runner = await startRunner(directory);
    const result = run(runner, request(lifelines.argv("new")));
    (await lifelines.begun("new")).exit(0);
    await result;
    expect(lifelines.events.indexOf("-old")).toBeGreaterThan(0);
    expect(lifelines.events.indexOf("-old")).toBeLessThan(lifelines.events.indexOf("+new"));
    expect(lifelines.events.indexOf("-old.child")).toBeGreaterThan(0);
    expect(lifelines.events.indexOf("-old.child")).toBeLessThan(lifelines.events.indexOf("+new"));
  });

  it("a TERM or INT to the helper alone changes nothing: the daemon decides", async () => {
    const runner = await startRunner(freshDirectory());
    const first = runner.helperPid;
    for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.kill(first ?? 0, signal);
    expect((await run(runner, request(["true"]))).end).toEqual({ how: "exited", code: 0 });
    expect(runner.helperPid).toBe(first);
  });
});

describe.runIf(process.platform === "linux")("daemon and helper are both killed", () => {
  it("the next helper kills what was left running, and only that, before it starts anything", async () => {
    const directory = freshDirectory();
    const lifelines = await freshLifelines(directory);
    const daemon = await startDaemon(directory, 60_000, [
      request(lifelines.argv("orphan", "deaf", "parent", "leaving"), { files: { X: "x" } }),
      request(lifelines.argv("disowned"), { disown: true }),
      leavingBehind(lifelines, "server"),
    ]);
    const orphans = await Promise.all(["orphan", "orphan.child"].map((name) => lifelines.begun(name)));
    await Promise.all([lifelines.begun("disowned"), lifelines.begun("server")]);
    await runDirectoriesBecome(directory, 2);
    const helper = Number(daemon.firstLine);
    // Stopped first, so that it cannot act on the daemon's end before its own.
    process.kill(helper, "SIGSTOP");
    process.kill(daemon.pid, "SIGKILL");
    process.kill(helper, "SIGKILL");
    await daemon.exited;
    expect(["orphan", "orphan.child", "disowned", "server"].every((name) => lifelines.lives(name))).toBe(
      true,
    );

    const runner = await startRunner(directory);
    const result = run(runner, request(lifelines.argv("new")));
    (await lifelines.begun("new")).exit(0);
    await result;
    await Promise.all(orphans.map((orphan) => orphan.gone));
    for (const name of ["orphan", "orphan.child"]) {
      expect(lifelines.events.indexOf(`-${name}`)).toBeLessThan(lifelines.events.indexOf("+new"));
    }
    // What an ended command left in the background belongs to nobody, and a disowned one to itself.
    expect([lifelines.lives("disowned"), lifelines.lives("server")]).toEqual([true, true]);
    expect(runDirectories(directory)).toHaveLength(1);
  });
});
