/** The record of a running machine is changed by another process: the machine goes on as it was, and everybody is told. */
import { describe, expect, it, onTestFinished } from "vitest";
import { openStore } from "../../src/kv/open.ts";
import type { Bucket } from "../../src/kv/store.ts";
import { Machine } from "../../src/machine/machine.ts";
import type { MachineRecord } from "../../src/machine/record.ts";
import { recordBucketName } from "../../src/machine/record-buckets.ts";
import { definition } from "./definitions.ts";
import { testServices } from "./services.ts";

const restoredEvent = "io.machinist.machine.v1.restored";

/** A machine in state B, and the bucket as another process has it. */
async function begin() {
  const test = await testServices({});
  onTestFinished(() => test[Symbol.asyncDispose]());
  const machine = await Machine.start(definition(), test.services);
  onTestFinished(() => machine.stop(0));
  await machine.request("go", "person");
  const foreign = await openStore(`${test.directory}/store`);
  onTestFinished(() => foreign.close());
  const bucket = await foreign.openBucket(recordBucketName);
  const restored = (): number => test.events.filter(({ type }) => type === restoredEvent).length;
  const stored = async (from: Bucket = bucket) => (await from.get("m"))?.json() as unknown as MachineRecord;
  return { ...test, machine, foreign, bucket, restored, stored };
}

describe("a foreign change of a running machine's record", () => {
  it.each([
    ["another state", (bucket: Bucket, record: object) => bucket.put("m", forged(record))],
    ["no JSON", (bucket: Bucket) => bucket.put("m", "{")],
    ["a deletion", (bucket: Bucket) => bucket.delete("m")],
    ["a purge", (bucket: Bucket) => bucket.purge("m")],
  ])("%s: is undone at once, with an event and an error in the log", async (_what, change) => {
    const { machine, bucket, restored, stored, until, events, lines } = await begin();
    await change(bucket, machine.record);
    await until(() => restored() === 1);
    expect(await stored()).toEqual(machine.record);
    expect(machine.record).toMatchObject({ state: "B", transitions: 1 });
    expect(events.at(-1)).toMatchObject({ type: restoredEvent, data: { machine: "m", state: "B" } });
    expect(lines).toContainEqual(
      expect.objectContaining({
        level: "error",
        message: expect.stringContaining("another process changed the record of a running machine"),
        fields: expect.objectContaining({ machine: "m" }),
      }),
    );
    await machine.request("back", "person");
    expect(await stored()).toEqual(machine.record);
  });

  it("that a transition meets first, as emptying tells no watch: is undone, and the transition is made", async () => {
    const { machine, bucket, restored, stored } = await begin();
    await bucket.empty();
    await machine.request("back", "person");
    expect(restored()).toBe(1);
    expect(await stored()).toEqual(machine.record);
    expect(machine.record).toMatchObject({ state: "A", transitions: 2 });
  });

  it("has no place in the history, neither has the record that was written back", async () => {
    const { machine, services, bucket, restored, until } = await begin();
    const before = await services.records.history("m");
    await bucket.put("m", forged({ ...machine.record, transitions: 2, last: { at: "forged" } }));
    await until(() => restored() === 1);
    expect(await services.records.history("m")).toEqual(before);
    await machine.request("back", "person");
    expect((await services.records.history("m")).map(({ record }) => record.state)).toEqual(["B", "A"]);
  });

  it("and the machine's own writes are told apart: none of them is written back", async () => {
    const { machine, restored } = await begin();
    for (let at = 0; at < 50; at++) {
      await machine.request("back", "person");
      await machine.request("go", "person");
    }
    expect(restored()).toBe(0);
  });
});

describe("a removed bucket", () => {
  it("is created again with the machine's record", async () => {
    const { machine, foreign, restored, stored, until } = await begin();
    await foreign.destroyBucket(recordBucketName);
    await until(() => restored() === 1);
    expect(await stored(await foreign.openBucket(recordBucketName))).toEqual(machine.record);
    await machine.request("back", "person");
    expect(await stored(await foreign.openBucket(recordBucketName))).toEqual(machine.record);
  });
});

describe("a record that cannot be written", () => {
  it("is the problem of its machine until it can be, and is tried again without being asked", async () => {
    const { machine, foreign, services, until, lines } = await begin();
    await foreign.editBucket(recordBucketName, { maxValueSize: 10 });
    await expect(machine.request("back", "person")).rejects.toMatchObject({ code: "VALUE_TOO_LARGE" });
    expect(services.records.problemOf("m")).toMatch(/^its state cannot be written: /);
    await expect(services.records.check()).rejects.toThrow(/^machine m: its state cannot be written: /);
    await foreign.editBucket(recordBucketName, { maxValueSize: -1 });
    await until(() => lines.some(({ message }) => message.endsWith("can be written again")));
    expect(services.records.problemOf("m")).toBeUndefined();
    await services.records.check();
    await machine.request("back", "person");
  });
});

function forged(record: object): string {
  return JSON.stringify({ ...record, state: "C" });
}
