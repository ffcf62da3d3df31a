/** A running machine with a real exec watcher that waits for a governor. */
import { expect, it, onTestFinished } from "vitest";
import type { CommandRunner } from "../../src/exec/command.ts";
import { makeGovernor } from "../../src/machine/governor-bucket.ts";
import { Machine } from "../../src/machine/machine.ts";
import { exec } from "../../watchers/exec.ts";
import { settle } from "../simulated-clock.ts";
import { definition, transition, watcher } from "./definitions.ts";
import { testServices } from "./services.ts";

const never = new AbortController().signal;

async function begin() {
  const test = await testServices({ types: [exec] });
  onTestFinished(() => test[Symbol.asyncDispose]());
  await makeGovernor(test.store, "deploys", { capacity: 1 });
  const begun: string[] = [];
  const commands: CommandRunner = {
    baseEnvironment: {},
    async run({ argv }) {
      begun.push(argv.join(" "));
      return {
        end: { how: "exited", code: 0 },
        stdout: "",
        stdoutComplete: true,
        output: "",
        durationMs: 1,
      };
    },
  };
  let isWaiting: () => void = () => undefined;
  const waiting = new Promise<void>((resolve) => {
    isWaiting = resolve;
  });
  let entering: Promise<unknown> | undefined;
  const { governors } = test.services;
  const services = {
    ...test.services,
    commands,
    governors: {
      enter: (...args: Parameters<typeof governors.enter>) => {
        const entered = governors.enter(...args);
        entering = entered;
        isWaiting();
        return entered;
      },
    },
  };
  const slot = await governors.enter(
    { governor: "deploys", machine: "x", watcher: "y", timeoutMs: 1000 },
    never,
  );
  const machine = await Machine.start(
    definition({
      transitions: [
        transition("go", ["A"], "B"),
        transition("back", ["B"], "A"),
        transition("done", ["B"], "C"),
      ],
      watchers: [
        watcher("run", "exec", {
          stateMatch: ["B"],
          successTransition: "done",
          properties: exec.read({ command: "./a", governor: "deploys" }),
        }),
      ],
    }),
    services,
  );
  await machine.request("go", "test");
  await waiting;
  return { ...test, machine, slot, begun, entering };
}

it("C85: runs its command when there is a slot, and goes on", async () => {
  const { machine, slot, begun, until } = await begin();
  await slot[Symbol.asyncDispose]();
  await until(() => machine.state === "C");
  expect(begun).toEqual(["./a"]);
  await machine.stop(0);
});

it("shows and logs that it waits for a slot, and no longer once it has one", async () => {
  const { machine, slot, until, lines } = await begin();
  await until(() => lines.some(({ message }) => message === "waiting for a slot of a governor"));
  const [shown] = machine.watchers;
  expect(shown?.awaitedSlot).toEqual({ governor: "deploys", since: expect.any(Number) });
  await slot[Symbol.asyncDispose]();
  await until(() => machine.state === "C");
  expect(machine.watchers[0]?.awaitedSlot).toBeUndefined();
  await machine.stop(0);
});

it("C85 (deviation): runs nothing for a state that it has left while it waited", async () => {
  const { machine, slot, begun, entering, lines } = await begin();
  await machine.request("back", "test");
  await expect(entering).rejects.toThrow("aborted");
  await settle();
  expect(machine.watchers).toMatchObject([{ outcome: "skipped", looking: false }]);
  await slot[Symbol.asyncDispose]();
  expect(begun).toEqual([]);
  expect(machine.state).toBe("A");
  expect(lines.filter(({ level }) => level === "warn" || level === "error")).toEqual([]);
  await machine.stop(0);
});

it("C85: a machine that stops does not wait for its slot, nor for the drain time", async () => {
  const { machine, slot, begun } = await begin();
  await machine.stop(3_600_000);
  await slot[Symbol.asyncDispose]();
  expect(begun).toEqual([]);
});
