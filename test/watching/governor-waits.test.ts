import { expect, it } from "vitest";
import type { LogFields, Logger } from "../../src/lib/logger.ts";
import { silentLogger } from "../../src/lib/logger.ts";
import { GovernorWaits } from "../../src/watching/governor-waits.ts";
import type { GovernorSlot } from "../../src/watching/governors.ts";
import { SimulatedClock } from "../simulated-clock.ts";

const request = { governor: "deploys", machine: "m", watcher: "w", timeoutMs: 60_000 };
const slot: GovernorSlot = {
  lost: new AbortController().signal,
  [Symbol.asyncDispose]: async () => undefined,
};

function waits() {
  const clock = new SimulatedClock();
  const lines: { message: string; fields: LogFields | undefined }[] = [];
  const log: Logger = { ...silentLogger, info: (message, fields) => void lines.push({ message, fields }) };
  const entering: { resolve(slot: GovernorSlot): void; reject(cause: Error): void }[] = [];
  const enter = (): Promise<GovernorSlot> =>
    new Promise((resolve, reject) => void entering.push({ resolve, reject }));
  const governors = new GovernorWaits({ governors: { enter }, clock, log });
  return { governors, clock, lines, entering };
}

it("a wait for a slot is shown and logged once, until there is one", async () => {
  const { governors, clock, lines, entering } = waits();
  const since = clock.now();
  const entered = governors.enter(request, new AbortController().signal);
  await clock.advance(499);
  expect([governors.current, lines]).toEqual([undefined, []]);
  await clock.advance(1);
  expect(governors.current).toEqual({ governor: "deploys", since });
  await clock.advance(10_000);
  expect(lines).toEqual([{ message: "waiting for a slot of a governor", fields: { governor: "deploys" } }]);
  entering[0]?.resolve(slot);
  expect(await entered).toBe(slot);
  expect(governors.current).toBeUndefined();
});

it("a slot that is free is no wait, and leaves no timer", async () => {
  const { governors, clock, lines, entering } = waits();
  const entered = governors.enter(request, new AbortController().signal);
  entering[0]?.resolve(slot);
  await entered;
  expect(clock.armed).toBe(0);
  await clock.advance(1000);
  expect([governors.current, lines]).toEqual([undefined, []]);
});

it("a wait that fails is over", async () => {
  const { governors, clock, entering } = waits();
  const entered = governors.enter(request, new AbortController().signal);
  await clock.advance(1000);
  entering[0]?.reject(new Error("too late"));
  await expect(entered).rejects.toThrow("too late");
  expect(governors.current).toBeUndefined();
});
