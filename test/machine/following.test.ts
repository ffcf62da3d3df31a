/** Catching up with another machine when the first attempt fails. */
import { expect, it } from "vitest";
import { MachinistError } from "../../src/lib/errors.ts";
import { silentLogger } from "../../src/lib/logger.ts";
import { Following } from "../../src/machine/following.ts";
import { SimulatedClock } from "../simulated-clock.ts";

function follow() {
  const clock = new SimulatedClock();
  const errors: unknown[] = [];
  const attempts: string[] = [];
  const state: { refusal: Error | undefined } = { refusal: undefined };
  const following = new Following({
    clock,
    random: () => 0.5,
    log: { ...silentLogger, error: (_, fields) => errors.push(fields) },
    async catchUp(machine) {
      attempts.push(machine);
      if (state.refusal) throw state.refusal;
    },
  });
  return { clock, errors, attempts, state, following };
}

it("an attempt that fails is repeated with backoff until one succeeds, and logged once", async () => {
  const { clock, errors, attempts, state, following } = follow();
  state.refusal = new MachinistError("STORE_READ_ONLY", "read-only");
  following.catchUp("leader");
  await clock.advance(0);
  await clock.advance(250);
  await clock.advance(499);
  expect(attempts).toHaveLength(2);
  state.refusal = undefined;
  await clock.advance(1);
  expect(attempts).toEqual(["leader", "leader", "leader"]);
  expect(errors).toEqual([{ other: "leader", reason: "read-only" }]);
  expect(clock.armed).toBe(0);
});

it("nothing is repeated after the machine stops", async () => {
  const { clock, errors, attempts, state, following } = follow();
  state.refusal = new Error("away");
  following.catchUp("leader");
  await clock.advance(0);
  following.stop();
  following.catchUp("leader");
  await clock.advance(1_000);
  expect([attempts.length, errors.length, clock.armed]).toEqual([2, 1, 0]);
});

it("an attempt that a stop cuts short is no failure", async () => {
  const { clock, errors, state, following } = follow();
  state.refusal = new MachinistError("STOPPED", "stopping");
  following.catchUp("leader");
  await clock.advance(1_000);
  expect([errors.length, clock.armed]).toEqual([0, 0]);
});
