import { describe, expect, it, onTestFinished } from "vitest";
import { newRecord } from "../../src/machine/record.ts";
import {
  seenUpToNow,
  subscribedMachines,
  subscribers,
  transitionsAfter,
} from "../../src/machine/subscriptions.ts";
import { definition, transition } from "./definitions.ts";
import { testServices } from "./services.ts";

/** The record of machine `leader` after each of `events`, one life after the other. */
async function live(...lives: readonly (readonly string[])[]) {
  const test = await testServices({});
  onTestFinished(() => test[Symbol.asyncDispose]());
  const { records } = test.services;
  const ids: string[] = [];
  for (const events of lives) {
    await records.bucket.delete("leader");
    const keeper = records.keeper("leader");
    const record = newRecord({ machine: "leader", definition: "h", version: "1", state: "A", nowMs: 0 });
    ids.push(record.id);
    await keeper.commit(record);
    for (const [at, name] of events.entries()) {
      const last = { transition: name, from: "A", to: "A", at: record.since, by: "person" };
      await keeper.commit({ ...record, transitions: at + 1, last });
    }
  }
  const after = async (cursor: Parameters<typeof transitionsAfter>[2]) =>
    (await transitionsAfter(records, "leader", cursor)).map(({ event }) => event);
  return { records, ids, after };
}

describe("what happened", () => {
  it("is what came after the cursor", async () => {
    const { ids, after } = await live(["one", "two", "three"]);
    const [id = ""] = ids;
    expect(await after({ id, transitions: 0 })).toEqual(["one", "two", "three"]);
    expect(await after({ id, transitions: 1 })).toEqual(["two", "three"]);
    expect(await after({ id, transitions: 3 })).toEqual([]);
  });

  it("is all of a later life, also when it is younger than the one that was seen", async () => {
    const { ids, after } = await live(["one", "two", "three"], ["four"]);
    expect(await after({ id: ids[0] ?? "", transitions: 3 })).toEqual(["four"]);
    expect(await after({ id: ids[1] ?? "", transitions: 1 })).toEqual([]);
  });

  it.each([null, "text", {}, { id: 1, transitions: "2" }])(
    "is everything that is still known when the cursor is %j",
    async (cursor) => {
      const { after } = await live(["one"]);
      expect(await after(cursor)).toEqual(["one"]);
    },
  );

  it("up to now is what the record says, or nothing when there is none", async () => {
    const { records, ids } = await live(["one", "two"]);
    expect(await seenUpToNow(records, "leader")).toEqual({ id: ids[0], transitions: 2 });
    expect(await seenUpToNow(records, "nobody")).toEqual({ id: "", transitions: 0 });
  });
});

describe("who subscribes", () => {
  const to = (machine: string, event: string) => ({ machine, event });
  const of = definition({
    transitions: [
      { ...transition("up", ["A"], "B"), subscribe: [to("leader", "go"), to("leader", "rise")] },
      { ...transition("up", ["B"], "C"), subscribe: [to("leader", "go")] },
      { ...transition("on", ["C"], "D"), subscribe: [to("leader", "go"), to("other", "rise")] },
    ],
  });

  it("is told by machine and event, each name once", () => {
    const happened = (machine: string, event: string) => ({
      machine,
      event,
      seen: { id: "", transitions: 0 },
    });
    expect(subscribers(of, happened("leader", "go"))).toEqual(["up", "on"]);
    expect(subscribers(of, happened("leader", "rise"))).toEqual(["up"]);
    expect(subscribers(of, happened("other", "rise"))).toEqual(["on"]);
    expect(subscribers(of, happened("other", "go"))).toEqual([]);
    expect(subscribedMachines(of)).toEqual(["leader", "other"]);
  });
});
