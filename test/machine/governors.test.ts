/** Governors as the daemons of two hosts enter them, on each engine. */
import { describe, expect, it } from "vitest";
import { createBus, type MachineEvent } from "../../src/events/bus.ts";
import type { Store } from "../../src/kv/store.ts";
import type { Clock } from "../../src/lib/clock.ts";
import { type LogFields, silentLogger } from "../../src/lib/logger.ts";
import { governorBucketName, listGovernors, makeGovernor } from "../../src/machine/governor-bucket.ts";
import { storeGovernors } from "../../src/machine/governors.ts";
import type { GovernorSlot } from "../../src/watching/governors.ts";
import { eachTime, embedded, lossOf, onServers } from "../kv/leases/engines.ts";
import { SimulatedClock } from "../simulated-clock.ts";

const never = new AbortController().signal;
const deploys = { governor: "deploys", machine: "web", watcher: "run", timeoutMs: 300_000 };

/** What the daemon of one host has. */
function daemonOn(store: Store, clock: Clock, identity: string) {
  const events: MachineEvent[] = [];
  const warnings: (LogFields | undefined)[] = [];
  const log = { ...silentLogger, warn: (_message: string, fields?: LogFields) => void warnings.push(fields) };
  const bus = createBus(silentLogger);
  bus.subscribe((event) => events.push(event));
  const governors = storeGovernors({ store, clock, bus, log, identity });
  return { governors, events, warnings };
}

/** What was told of governors. */
const happened = (events: readonly MachineEvent[]) =>
  events.map(({ data }) => ("event_type" in data ? [data["event_type"], data["governor"]] : []));

const sequenceOf = (event: MachineEvent | undefined): number =>
  event !== undefined && "sequence" in event.data ? Number(event.data["sequence"]) : Number.NaN;

describe.each([...embedded.slice(0, 1), onServers("old"), onServers("current")])(
  "governors on $name",
  ({ start }) => {
    const hosts = eachTime(start);

    const two = () => {
      const { clock, first, second, elapse } = hosts();
      const one = daemonOn(first, clock, "host1");
      const other = daemonOn(second, clock, "host2");
      /** Lets time go by until it is settled. */
      const settled = async <Result>(promise: Promise<Result>): Promise<Result> => {
        let done = false;
        const over = (): void => {
          done = true;
        };
        promise.then(over, over);
        while (!done) await elapse(20);
        return promise;
      };
      return { clock, first, second, one, other, elapse, settled };
    };

    it("C85: who finds it full waits, gets the slot that is given back, and all of it is told", async () => {
      const { first, clock, one, other, elapse, settled } = two();
      await makeGovernor(first, "deploys", { capacity: 1 });
      const slot = await one.governors.enter(deploys, never);
      const begun = clock.now();
      let isIn = false;
      const waiting = other.governors.enter({ ...deploys, machine: "api" }, never).finally(() => {
        isIn = true;
      });
      await elapse(100);
      expect(isIn).toBe(false);
      expect((await listGovernors(first))[0]?.holders.map(({ owner }) => owner)).toEqual(["web#run @ host1"]);
      await slot[Symbol.asyncDispose]();
      const next = await settled(waiting);
      expect((await listGovernors(first))[0]?.holders.map(({ owner }) => owner)).toEqual(["api#run @ host2"]);
      await next[Symbol.asyncDispose]();
      expect((await listGovernors(first))[0]?.holders).toEqual([]);

      const [enter, exit] = one.events;
      const common = { protocol: "io.choria.lifecycle.v1.governor", identity: "host1", component: "web" };
      expect(enter).toEqual({
        specversion: "1.0",
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        source: "io.choria.lifecycle",
        type: "io.choria.lifecycle.v1.governor",
        subject: "host1",
        time: expect.any(String),
        datacontenttype: "application/json",
        data: {
          ...common,
          id: enter?.id,
          timestamp: expect.closeTo(begun / 1000, -1),
          governor: "deploys",
          sequence: expect.any(Number),
          event_type: "enter",
        },
      });
      const sequence = sequenceOf(enter);
      expect(exit?.data).toMatchObject({ ...common, sequence, governor: "deploys", event_type: "exit" });
      expect(exit?.id).not.toBe(enter?.id);
      expect(happened(other.events)).toEqual([
        ["enter", "deploys"],
        ["exit", "deploys"],
      ]);
      expect(sequenceOf(other.events[0])).toBeGreaterThan(sequence);
    });

    it("C85: who waits too long is told so, and is told of", async () => {
      const { first, one, other, settled } = two();
      await makeGovernor(first, "deploys", { capacity: 1 });
      await using _slot = await one.governors.enter(deploys, never);
      await expect(
        settled(other.governors.enter({ ...deploys, timeoutMs: 1000 }, never)),
      ).rejects.toMatchObject({
        code: "TIMEOUT",
        message:
          "governor deploys had no free slot within 1s; `machinist governor view deploys` shows who has them",
      });
      expect(other.events.map(({ data }) => data)).toEqual([
        expect.objectContaining({
          event_type: "timeouts",
          sequence: 0,
          identity: "host2",
          governor: "deploys",
        }),
      ]);
    });

    it("who gives up waiting leaves the line, and nothing is told", async () => {
      const { first, one, other, elapse } = two();
      await makeGovernor(first, "deploys", { capacity: 1 });
      const slot = await one.governors.enter(deploys, never);
      const abort = new AbortController();
      const waiting = other.governors.enter(deploys, abort.signal);
      waiting.catch(() => undefined);
      await elapse(50);
      abort.abort(new Error("not any more"));
      await expect(waiting).rejects.toThrow("not any more");
      await slot[Symbol.asyncDispose]();
      await elapse(100);
      expect((await listGovernors(first))[0]?.holders).toEqual([]);
      expect(other.events).toEqual([]);
    });

    it("the slot of a host that died is free after its ttl", async () => {
      const { first, second, clock, one, other, settled } = two();
      await makeGovernor(second, "deploys", { capacity: 1, ttlMs: 2000 });
      await one.governors.enter(deploys, never);
      const begun = clock.now();
      await first.close();
      await using slot = await settled(other.governors.enter(deploys, never));
      expect(slot.lost.aborted).toBe(false);
      expect(clock.now() - begun).toBeGreaterThan(1000);
    });

    it("who loses its slot is told at its next renewal, and leaves without harm to the next holder", async () => {
      const { first, one, other, settled } = two();
      const { governor } = await makeGovernor(first, "deploys", { capacity: 1, ttlMs: 1000 });
      const slot = await one.governors.enter(deploys, never);
      expect(await governor.evict("deploys.1")).toBe(true);
      await using next = await other.governors.enter(deploys, never);
      await settled(lossOf(slot.lost));
      expect(slot.lost.reason).toMatchObject({
        code: "LEASE_LOST",
        message: expect.stringMatching(
          /^lost its slot of governor deploys: .* because web#run @ host2 has it/,
        ),
      });
      await slot[Symbol.asyncDispose]();
      expect(next.lost.aborted).toBe(false);
      expect((await governor.status()).holders.map(({ owner }) => owner)).toEqual(["web#run @ host2"]);
    });
  },
);

describe.each(embedded.slice(0, 1))("governors on $name", ({ start }) => {
  const hosts = eachTime(start);
  const enter = (governor: string): Promise<GovernorSlot> => {
    const { first, clock } = hosts();
    return daemonOn(first, clock, "host1").governors.enter({ ...deploys, governor }, never);
  };

  it("one that nobody made is an error that says how, also before there is any", async () => {
    const message = 'there is no governor "deploys"; make it with `machinist governor add deploys CAPACITY`';
    await expect(enter("deploys")).rejects.toMatchObject({ code: "KEY_NOT_FOUND", message });
    await makeGovernor(hosts().first, "archives", { capacity: 1 });
    await expect(enter("deploys")).rejects.toMatchObject({ code: "KEY_NOT_FOUND", message });
    await expect(enter("archive")).rejects.toThrow(
      'there is no governor "archive"; did you mean "archives"?',
    );
  });

  it("one that is there gets another capacity, and keeps its ttl", async () => {
    const { first } = hosts();
    const made = await makeGovernor(first, "deploys", { capacity: 2, ttlMs: 60_000 });
    expect(made.before).toBeUndefined();
    expect((await makeGovernor(first, "deploys", { capacity: 1 })).before).toBe(2);
    const { governor, before } = await makeGovernor(first, "deploys", { capacity: 3, ttlMs: 60_000 });
    expect(before).toBe(1);
    expect(await governor.status()).toMatchObject({ capacity: 3, ttlMs: 60_000 });
    await expect(makeGovernor(first, "deploys", { capacity: 9, ttlMs: 30_000 })).rejects.toMatchObject({
      code: "ALREADY_EXISTS",
      message:
        "governor deploys exists with a ttl of 1m, not 30s; to change it remove it first with `machinist governor rm deploys`",
    });
    expect(await governor.status()).toMatchObject({ capacity: 3 });
  });

  it("are listed by name; before there is any there are none", async () => {
    const { first } = hosts();
    expect(await listGovernors(first)).toEqual([]);
    for (const name of ["web", "archives"]) await makeGovernor(first, name, { capacity: 1 });
    expect((await listGovernors(first)).map(({ name }) => name)).toEqual(["archives", "web"]);
  });

  it("of a store that does not answer fail with its own error", async () => {
    const { first } = hosts();
    await makeGovernor(first, "deploys", { capacity: 1 });
    await first.close();
    for (const attempt of [
      listGovernors(first),
      enter("deploys"),
      makeGovernor(first, "deploys", { capacity: 2 }),
    ]) {
      await expect(attempt).rejects.toMatchObject({ code: "STORE_CLOSED" });
    }
  });

  it("leaves no timer behind when it has entered and left", async () => {
    const { first } = hosts();
    await makeGovernor(first, "deploys", { capacity: 1 });
    const clock = new SimulatedClock();
    const slot = await daemonOn(first, clock, "host1").governors.enter(deploys, never);
    await slot[Symbol.asyncDispose]();
    expect(clock.armed).toBe(0);
  });

  it.each(["", "a b", "a.b"])("%j is no name", async (name) => {
    const message = `governor: ${JSON.stringify(name)} is no name, expected letters, digits, - and _`;
    await makeGovernor(hosts().first, "archives", { capacity: 1 });
    await expect(enter(name)).rejects.toMatchObject({ code: "INVALID_ARGUMENT", message });
  });

  it("a slot that cannot be given back is a warning, and no failure of what was done in it", async () => {
    const { first, clock } = hosts();
    await makeGovernor(first, "deploys", { capacity: 1 });
    const { governors, events, warnings } = daemonOn(first, clock, "host1");
    const slot = await governors.enter(deploys, never);
    await first.close();
    await slot[Symbol.asyncDispose]();
    expect(warnings).toEqual([
      { machine: "web", watcher: "run", governor: "deploys", reason: expect.any(String) },
    ]);
    expect(happened(events).at(-1)).toEqual(["exit", "deploys"]);
  });

  it("their bucket lets slots end by themselves", async () => {
    const { first } = hosts();
    await makeGovernor(first, "deploys", { capacity: 1 });
    const { history, markerTtlMs } = await (await first.openBucket(governorBucketName)).status();
    expect({ history, markerTtlMs }).toEqual({ history: 1, markerTtlMs: 60_000 });
  });
});
