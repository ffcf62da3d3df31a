import { describe, expect, it } from "vitest";
import { StoredEntry } from "../../../src/kv/entry.ts";
import { foundIn } from "../../../watchers/kv/find.ts";
import type { LookSetting } from "../../../watchers/kv/look-setting.ts";
import { readKvProperties } from "../../../watchers/kv/properties.ts";
import { targetOf } from "../../../watchers/kv/target.ts";
import { kv } from "../../../watchers/kv.ts";

const texts = ['{"a":1}', "{broken}", "[1, 2", "plain", " "];

describe("parse: text", () => {
  for (const text of texts) {
    it(`keeps ${JSON.stringify(text)} as the text that it is`, () => {
      expect(foundIn(entry(text), setting("text"))).toEqual({ how: "value", value: text, revision: 7 });
    });
  }

  it("is not the default: an object is read, a broken one is unreadable", () => {
    expect(foundIn(entry('{"a":1}'), setting(undefined))).toMatchObject({ value: { a: 1 } });
    expect(foundIn(entry("{broken}"), setting(undefined))).toMatchObject({ how: "unreadable" });
  });

  it("does not go with a query", () => {
    const raw = { bucket: "B", key: "k", mode: "watch", parse: "text", query: "a.b" };
    const properties = kv.read(raw);
    const faults = kv.check?.({ ...watcher, properties }) ?? [];
    expect(faults.map(({ path }) => path)).toEqual([["properties", "query"]]);
  });
});

const watcher = {
  name: "w",
  type: "kv",
  stateMatch: [],
  foreignStates: [],
  successTransition: undefined,
  failTransition: undefined,
  intervalMs: undefined,
  announceIntervalMs: undefined,
  retry: undefined,
  requires: [],
};

function entry(text: string): StoredEntry {
  const value = Buffer.from(text);
  const created = 0;
  return new StoredEntry({
    bucket: "B",
    key: "k",
    value,
    revision: 7,
    created,
    operation: "PUT",
    length: value.length,
  });
}

function setting(parse: string | undefined): LookSetting {
  const properties = readKvProperties({ bucket: "B", key: "k", ...(parse === undefined ? {} : { parse }) });
  return {
    look: {
      reason: "start",
      state: "A",
      since: 0,
      visit: 0,
      data: {},
      cursor: undefined,
      runs: 0,
      arrived: true,
      leaving: new AbortController().signal,
    },
    properties,
    query: undefined,
    target: targetOf(properties, { key: "k", storeKey: undefined }, "w"),
    facts: () => ({}),
    signal: new AbortController().signal,
  };
}
