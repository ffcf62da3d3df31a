import { expect, it } from "vitest";
import { type LogFields, silentLogger } from "../../src/lib/logger.ts";
import { followHints } from "../../src/watching/hints.ts";
import type { Watcher } from "../../src/watching/watcher.ts";
import { SimulatedClock } from "../simulated-clock.ts";

/** Follows what `hints` yields; a new call of it is a new beginning. */
function follow(hints: (beginning: number, stop: () => void) => AsyncIterable<void>) {
  const clock = new SimulatedClock();
  const abort = new AbortController();
  const reasons: unknown[] = [];
  const counts = { beginnings: 0, hints: 0 };
  const log = {
    ...silentLogger,
    debug: (_: string, fields?: LogFields) => void reasons.push(fields?.["reason"]),
  };
  const watcher: Watcher = {
    observe: async () => ({ outcome: "unchanged" }),
    hints: () => {
      counts.beginnings += 1;
      return hints(counts.beginnings, () => abort.abort());
    },
  };
  const onHint = (): void => {
    counts.hints += 1;
  };
  const ended = followHints(watcher, { clock, random: () => 0.5, log, signal: abort.signal, onHint });
  return { clock, abort, reasons, counts, ended };
}

async function* nothing(): AsyncGenerator<void> {}

function failing(reason: string): AsyncIterable<void> {
  return { [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error(reason)) }) };
}

it("hints that fail begin anew, ever later up to two seconds, and each new beginning is a hint", async () => {
  const { clock, abort, reasons, counts, ended } = follow((beginning) => failing(`failure ${beginning}`));
  await clock.advance(0);
  for (const waitMs of [250, 500, 1_000, 2_000, 2_000]) {
    expect(clock.nextInMs).toBe(waitMs);
    await clock.advance(waitMs);
  }
  expect(counts).toEqual({ beginnings: 6, hints: 5 });
  expect(reasons).toEqual([1, 2, 3, 4, 5, 6].map((beginning) => `failure ${beginning}`));
  abort.abort();
  await ended;
  expect(clock.armed).toBe(0);
});

it("a hint makes the next wait short again", async () => {
  const { clock, abort, counts, ended } = follow(async function* (beginning) {
    if (beginning === 3) yield;
  });
  await clock.advance(0);
  await clock.advance(250);
  await clock.advance(500);
  expect(counts).toEqual({ beginnings: 3, hints: 3 });
  expect(clock.nextInMs).toBe(250);
  abort.abort();
  await ended;
});

it("what ends with the signal is no hint and no failure", async () => {
  const { clock, reasons, counts, ended } = follow(async function* (_, stop) {
    stop();
    yield;
    throw new Error("aborted");
  });
  await ended;
  expect([counts, reasons, clock.armed]).toEqual([{ beginnings: 1, hints: 0 }, [], 0]);
});

it("what fails because of the signal is not worth a line", async () => {
  const { reasons, ended } = follow(async function* (_, stop) {
    stop();
    yield* failing("aborted");
  });
  await ended;
  expect(reasons).toEqual([]);
});

it("a stop during the wait ends it, and is no hint", async () => {
  const { clock, abort, counts, ended } = follow(nothing);
  await clock.advance(100);
  abort.abort();
  await ended;
  expect([counts, clock.armed]).toEqual([{ beginnings: 1, hints: 0 }, 0]);
});
