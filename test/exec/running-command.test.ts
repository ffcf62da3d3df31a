import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import {
  type CommandEnding,
  type CommandPlan,
  type RunningCommand,
  startCommand,
} from "../../src/exec/running-command.ts";
import { SimulatedClock } from "../simulated-clock.ts";
import { freshDirectory, freshLifelines } from "./runner-harness.ts";

const environment = { PATH: "/usr/bin:/bin" };

function plan(argv: readonly string[], changes: Partial<CommandPlan> = {}): CommandPlan {
  const nowhere = openSync("/dev/null", "w");
  onTestFinished(() => closeSync(nowhere));
  const stdio = { stdout: nowhere, stderr: nowhere };
  return { argv, directory: "/", environment, timeoutMs: 10_000, disown: false, stdio, ...changes };
}

/** Lets simulated time go on until the command has ended: what polls and waits inside it gets its turns. */
async function endOf(command: RunningCommand, clock: SimulatedClock): Promise<CommandEnding> {
  let result: CommandEnding | undefined;
  void command.ended.then((ended) => {
    result = ended;
  });
  while (!result) await clock.advance(10);
  return result;
}

describe("C46: timeout", () => {
  it("a command without other habits ends by TERM, long before KILL", async () => {
    const clock = new SimulatedClock();
    const lifelines = await freshLifelines(freshDirectory());
    const command = startCommand(plan(lifelines.argv("a")), { clock, stopGraceMs: 1e9 });
    await lifelines.begun("a");
    await clock.advance(10_000);
    const start = clock.now();
    expect((await endOf(command, clock)).end).toEqual({ how: "timed-out", afterMs: 10_000 });
    expect(clock.now() - start).toBeLessThan(1e9);
    expect(clock.armed).toBe(0);
  });

  it("not a moment before", async () => {
    const clock = new SimulatedClock();
    const lifelines = await freshLifelines(freshDirectory());
    const command = startCommand(plan(lifelines.argv("a")), { clock, stopGraceMs: 5_000 });
    const life = await lifelines.begun("a");
    await clock.advance(9_999);
    life.exit(7);
    expect((await command.ended).end).toEqual({ how: "exited", code: 7 });
  });

  it("one that ignores TERM, forks and keeps the pipes open is killed as a group after the grace", async () => {
    const clock = new SimulatedClock();
    const lifelines = await freshLifelines(freshDirectory());
    const command = startCommand(plan(lifelines.argv("a", "deaf", "parent")), { clock, stopGraceMs: 5_000 });
    const [parent, child] = await Promise.all([lifelines.begun("a"), lifelines.begun("a.child")]);
    await clock.advance(10_000);
    await clock.advance(4_999);
    expect(lifelines.lives("a") && lifelines.lives("a.child")).toBe(true);
    await clock.advance(1);
    await Promise.all([parent.gone, child.gone]);
    expect((await endOf(command, clock)).end).toEqual({ how: "timed-out", afterMs: 10_000 });
    expect(clock.armed).toBe(0);
  });

  it("a deaf child keeps its grace, and the end waits for it, when its parent goes at once", async () => {
    const clock = new SimulatedClock();
    const lifelines = await freshLifelines(freshDirectory());
    const script = `trap 'exit 0' TERM; ${words(lifelines.argv("child", "deaf"))} & wait`;
    const command = startCommand(plan(["/bin/sh", "-c", script]), { clock, stopGraceMs: 5_000 });
    const child = await lifelines.begun("child");
    await clock.advance(10_000);
    const start = clock.now();
    const result = await endOf(command, clock);
    expect(result.end).toEqual({ how: "timed-out", afterMs: 10_000 });
    expect(clock.now() - start).toBeGreaterThanOrEqual(5_000);
    await child.gone;
  });

  it.runIf(process.platform === "linux")("what left the group and the session is stopped too", async () => {
    const clock = new SimulatedClock();
    const lifelines = await freshLifelines(freshDirectory());
    const command = startCommand(plan(lifelines.argv("a", "parent", "leaving")), {
      clock,
      stopGraceMs: 5_000,
    });
    await lifelines.begun("a.child");
    await clock.advance(10_000);
    expect((await endOf(command, clock)).end).toEqual({ how: "timed-out", afterMs: 10_000 });
    await (await lifelines.begun("a.child")).gone;
    expect(clock.armed).toBe(0);
  });

  it("exit 0 on TERM is a timeout all the same, and its last words are kept", async () => {
    const clock = new SimulatedClock();
    const lifelines = await freshLifelines(freshDirectory());
    const script = `trap 'echo bye; exit 0' TERM; ${words(lifelines.argv("child"))} & wait`;
    const file = join(freshDirectory(), "output");
    const output = openSync(file, "a");
    onTestFinished(() => closeSync(output));
    const wanted = plan(["/bin/sh", "-c", script], { stdio: { stdout: output, stderr: output } });
    const command = startCommand(wanted, { clock, stopGraceMs: 1e9 });
    await lifelines.begun("child");
    await clock.advance(10_000);
    expect(await endOf(command, clock)).toMatchObject({ end: { how: "timed-out" } });
    expect(readFileSync(file, "utf8")).toBe("bye\n");
  });

  it("0 means never; a disowned one has none and is not stopped", async () => {
    const clock = new SimulatedClock();
    const lifelines = await freshLifelines(freshDirectory());
    const limits = { clock, stopGraceMs: 5_000 };
    const untimed = startCommand(plan(lifelines.argv("a"), { timeoutMs: 0 }), limits);
    const disowned = startCommand(plan(lifelines.argv("d"), { disown: true }), limits);
    const lives = await Promise.all([lifelines.begun("a"), lifelines.begun("d")]);
    disowned.stop();
    await clock.advance(1e9);
    for (const life of lives) life.exit(1);
    for (const command of [untimed, disowned]) {
      expect((await endOf(command, clock)).end).toEqual({ how: "exited", code: 1 });
    }
  });
});

it("a stop after the end changes nothing", async () => {
  const clock = new SimulatedClock();
  const command = startCommand(plan(["true"]), { clock, stopGraceMs: 5_000 });
  const result = await command.ended;
  command.stop();
  expect(result.end).toEqual({ how: "exited", code: 0 });
  expect(clock.armed).toBe(0);
});

function words(argv: readonly string[]): string {
  return argv.map((word) => `'${word}'`).join(" ");
}
