import { describe, expect, it } from "vitest";
import { Collector } from "../../../src/http/butler/collector.ts";
import { MemoryNamespaces } from "../../../src/http/butler/memory-namespaces.ts";
import { silentLogger } from "../../../src/lib/logger.ts";
import { SimulatedClock } from "../../simulated-clock.ts";

/** Answers each look in turn, and notes when it took place, in ms from the beginning. */
class Played extends MemoryNamespaces {
  readonly looks: number[] = [];
  readonly #clock: SimulatedClock;
  readonly #beginning: number;
  readonly #answers: (number | Error)[];

  constructor(clock: SimulatedClock, answers: (number | Error)[]) {
    super(clock);
    this.#clock = clock;
    this.#beginning = clock.now();
    this.#answers = answers;
  }

  override async collect(): Promise<number> {
    this.looks.push(this.#clock.now() - this.#beginning);
    const answer = this.#answers.shift();
    if (answer instanceof Error) throw answer;
    return this.#beginning + (answer ?? Number.POSITIVE_INFINITY);
  }
}

function play(...answers: (number | Error)[]) {
  const clock = new SimulatedClock();
  const namespaces = new Played(clock, answers);
  const warnings: unknown[] = [];
  const log = { ...silentLogger, warn: (...line: unknown[]) => void warnings.push(line) };
  const collector = new Collector(namespaces, clock, log);
  const start = clock.now();
  return {
    clock,
    collector,
    warnings,
    looks: namespaces.looks,
    expectAt: (ms: number) => collector.expect(start + ms),
  };
}

describe("what has ended is looked for", () => {
  it("when the first of it ends, and again when the next does", async () => {
    const { clock, looks, expectAt } = play(4000);
    expectAt(5000);
    expectAt(2000);
    expectAt(3000);
    await clock.advance(6000);
    expect(looks).toEqual([2000, 4000]);
  });

  it("once a second at most, and once an hour at least", async () => {
    const { clock, looks, expectAt } = play(101);
    expectAt(100);
    await clock.advance(4_000_000);
    expect(looks).toEqual([100, 1100, 3_601_100]);
  });

  it("half a minute after a failure again, which is logged", async () => {
    const { clock, looks, warnings, expectAt } = play(new Error("the server is away"));
    expectAt(100);
    await clock.advance(31_000);
    expect(looks).toEqual([100, 30_100]);
    expect(warnings).toEqual([
      ["what has ended in Butler's namespaces stays for now", { reason: "the server is away" }],
    ]);
  });

  it("no more after it was stopped", async () => {
    const { clock, collector, looks, expectAt } = play(200);
    expectAt(100);
    await clock.advance(100);
    await collector.stop();
    expectAt(5000);
    await clock.advance(10_000);
    expect(looks).toEqual([100]);
    expect(clock.armed).toBe(0);
  });
});
