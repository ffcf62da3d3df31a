/** Work under a governor, with governors that the test plays. */
import { expect, it } from "vitest";
import { MachinistError } from "../../src/lib/errors.ts";
import { governed } from "../../src/watching/governed.ts";
import type { Governors } from "../../src/watching/governors.ts";
import { contextOf } from "../watchers/harness.ts";

interface Played {
  readonly enter?: Governors["enter"];
  readonly work?: (signal: AbortSignal) => Promise<string>;
}

/** `happened` is told in order: `begins`, `ends`, `left`. */
function begin({ enter, work }: Played = {}) {
  const happened: string[] = [];
  const [stop, leave, lose] = [new AbortController(), new AbortController(), new AbortController()];
  const slot = {
    lost: lose.signal,
    async [Symbol.asyncDispose]() {
      happened.push("left");
    },
  };
  const governors: Governors = { enter: enter ?? (async () => slot) };
  const governance = { governor: "deploys", timeoutMs: 1_000, leaving: leave.signal };
  const result = governed(contextOf({ governors }), governance, stop.signal, async (signal) => {
    happened.push("begins");
    const worked = await (work?.(signal) ?? "done");
    happened.push("ends");
    return worked;
  });
  return { result, happened, stop, leave, lose, slot };
}

it("the slot is given back when the work has ended", async () => {
  const { result, happened } = begin({ work: () => new Promise((resolve) => setImmediate(resolve, "done")) });
  expect(await result).toBe("done");
  expect(happened).toEqual(["begins", "ends", "left"]);
});

it("and when it has failed", async () => {
  const { result, happened } = begin({ work: () => Promise.reject(new Error("no")) });
  await expect(result).rejects.toThrow("no");
  expect(happened).toEqual(["begins", "left"]);
});

it("a slot that comes together with the end of the wait is given back unused", async () => {
  const playing = begin({
    enter: async () => {
      await Promise.resolve();
      playing.leave.abort();
      return playing.slot;
    },
  });
  expect(await playing.result).toBeUndefined();
  expect(playing.happened).toEqual(["left"]);
});

it("who leaves the line begins nothing and has not failed", async () => {
  const { result, leave, happened } = begin({
    enter: (_request, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason as Error));
      }),
  });
  leave.abort();
  expect(await result).toBeUndefined();
  expect(happened).toEqual([]);
});

it("a failure of the work is one, also after its watcher has left", async () => {
  const playing = begin({
    work: async () => {
      await Promise.resolve();
      playing.leave.abort();
      throw new Error("the command failed");
    },
  });
  await expect(playing.result).rejects.toThrow("the command failed");
});

it("work goes on when its watcher leaves, and is told of its slot's loss and of the stop", async () => {
  let seen: AbortSignal | undefined;
  const { result, leave, lose } = begin({
    work: (signal) => {
      seen = signal;
      return new Promise((resolve) => signal.addEventListener("abort", () => resolve("told")));
    },
  });
  await Promise.resolve();
  leave.abort();
  await new Promise((resolve) => setImmediate(resolve));
  expect(seen?.aborted).toBe(false);
  const lost = new MachinistError("LEASE_LOST", "lost");
  lose.abort(lost);
  expect(await result).toBe("told");
  expect(seen?.reason).toBe(lost);
  const other = begin({
    work: (signal) => new Promise((resolve) => signal.addEventListener("abort", () => resolve("stopped"))),
  });
  await new Promise((resolve) => setImmediate(resolve));
  other.stop.abort();
  expect(await other.result).toBe("stopped");
});
