/** Whether writes to a store succeed: what is logged, and what is known of the next write. */
import { beforeEach, describe, expect, it } from "vitest";
import { WriteHealth } from "../../../src/kv/engines/lmdb/write-health.ts";
import { MachinistError } from "../../../src/lib/errors.ts";
import { silentLogger } from "../../../src/lib/logger.ts";
import { SimulatedClock } from "../../simulated-clock.ts";

const full = new MachinistError("STORE_FULL", "no space");
const readOnly = new MachinistError("STORE_READ_ONLY", "read-only");

describe("the health of writes", () => {
  let lines: string[];
  let clock: SimulatedClock;
  let refusal: MachinistError | undefined;
  let health: WriteHealth;

  beforeEach(() => {
    lines = [];
    clock = new SimulatedClock();
    refusal = undefined;
    health = new WriteHealth({
      place: "/the/store",
      clock,
      log: {
        ...silentLogger,
        error: (message, fields) => lines.push(`${message}: ${String(fields?.["code"])}`),
        info: (message) => lines.push(message),
      },
      probe: () => {
        if (refusal) throw refusal;
      },
    });
  });

  it("logs failures in a row once, another kind of failure again, and the first success after them", () => {
    health.succeeded();
    for (const failure of [full, full, readOnly, readOnly]) health.failed(failure);
    health.succeeded();
    health.succeeded();
    health.failed(full);
    expect(lines).toEqual([
      "writes to the store fail: STORE_FULL",
      "writes to the store fail: STORE_READ_ONLY",
      "writes to the store succeed again",
      "writes to the store fail: STORE_FULL",
    ]);
  });

  it("does not count a bug of an operation or a store that closes", () => {
    health.failed(new TypeError("a bug"));
    health.failed(new MachinistError("STORE_CLOSED", "closed"));
    expect([lines, health.failure]).toEqual([[], undefined]);
  });

  it("knows of a read-only store without a write, also when it is writable again", () => {
    expect(health.failure).toBeUndefined();
    refusal = readOnly;
    expect(health.failure).toBe(readOnly);
    health.failed(readOnly);
    refusal = undefined;
    expect(health.failure).toBeUndefined();
  });

  it("holds another failure against the store for a minute", async () => {
    health.failed(full);
    expect(health.failure).toBe(full);
    await clock.advance(60_000);
    expect(health.failure).toBeUndefined();
  });
});
