import { describe, expect, it, onTestFinished } from "vitest";
import { newRecord } from "../../src/machine/record.ts";
import { recordBucketName } from "../../src/machine/record-buckets.ts";
import { testServices } from "./services.ts";

const fresh = newRecord({ machine: "m", definition: "hash", version: "1.0.0", state: "A", nowMs: 0 });

async function begin() {
  const test = await testServices({});
  onTestFinished(() => test[Symbol.asyncDispose]());
  const { records } = test.services;
  return { records, keeper: records.keeper("m"), bucket: records.bucket };
}

describe("a record", () => {
  it("is read with its latest note, until the next record makes the note void", async () => {
    const { records, keeper } = await begin();
    expect(await keeper.load()).toBeNull();
    await keeper.commit(fresh);
    await keeper.note({ ...fresh, cursors: { w: 1 }, runs: { w: 1 } });
    expect((await records.read("m"))?.record).toEqual({ ...fresh, cursors: { w: 1 }, runs: { w: 1 } });
    await keeper.commit({ ...fresh, cursors: { w: 2 } });
    expect((await records.read("m"))?.record).toEqual({ ...fresh, cursors: { w: 2 } });
  });

  it("is not made twice", async () => {
    const { records, keeper, bucket } = await begin();
    expect(await keeper.load()).toBeNull();
    await bucket.put("m", JSON.stringify({ ...fresh, state: "B" }));
    await expect(keeper.commit(fresh)).rejects.toMatchObject({ code: "KEY_EXISTS" });
    expect((await records.read("m"))?.record.state).toBe("B");
  });

  it("keeps 64 revisions, and its history is the transitions among them", async () => {
    const { records, keeper, bucket } = await begin();
    const last = { transition: "go", from: "A", to: "B", at: fresh.since, by: "person" };
    await keeper.commit(fresh);
    await keeper.commit({ ...fresh, data: { x: 1 } });
    await keeper.commit({ ...fresh, transitions: 1, last });
    await keeper.commit({ ...fresh, transitions: 1, last, data: { x: 2 } });
    await keeper.commit({ ...fresh, transitions: 2, last });
    const history = await records.history("m");
    expect(history.map(({ record, revision }) => [record.transitions, revision])).toEqual([
      [1, 3],
      [2, 5],
    ]);
    expect((await bucket.status()).history).toBe(64);
  });

  it("of a machine that starts over has no place in the history before its first transition", async () => {
    const { records, keeper, bucket } = await begin();
    await keeper.commit({ ...fresh, transitions: 3 });
    await bucket.delete("m");
    expect(await records.history("m")).toEqual([]);
  });
});

describe("what is no record", () => {
  const remedy = `see \`machinist kv --internal history ${recordBucketName} m\`; \`machinist kv --internal del\` of it starts the machine over`;

  it.each<[string, string, unknown]>([
    ["no JSON", "it is no JSON", "{"],
    ["no object", "it has no format number", "[1]"],
    ["no format", "it has no format number", { id: "x" }],
    ["another format", "its format is 2, this version of machinist knows 1", { ...fresh, format: 2 }],
    ["a number as id", "its id is no string", { ...fresh, id: 1 }],
    ["no state", "its state is no string", { format: 1, id: "x" }],
    ["a text as count", "its transitions is no number", { ...fresh, transitions: "1" }],
    ["a list of runs", "its runs is no object", { ...fresh, runs: [] }],
    ["no data", "its data is no object", { ...fresh, data: null }],
  ])("%s is refused: %s", async (_, reason, value) => {
    const { keeper, bucket } = await begin();
    await bucket.put("m", typeof value === "string" ? value : JSON.stringify(value));
    await expect(keeper.load()).rejects.toMatchObject({
      code: "BAD_VALUE",
      message: `record ${recordBucketName}/m cannot be read: ${reason}; ${remedy}`,
    });
  });
});
