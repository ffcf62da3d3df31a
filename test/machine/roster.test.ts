import { expect, it } from "vitest";
import { createRoster } from "../../src/machine/roster.ts";

const entry = (state: string) => ({ name: "m", state });

function follow() {
  const roster = createRoster();
  let calls = 0;
  const undo = roster.follow("m", () => {
    calls += 1;
  });
  return { roster, undo, calls: () => calls };
}

it("tells who follows of coming, changing and going, and nobody of others", () => {
  const { roster, calls } = follow();
  const one = entry("A");
  roster.enter(one);
  expect([calls(), roster.find("m")]).toEqual([1, one]);
  roster.changed("m");
  roster.changed("other");
  expect(calls()).toBe(2);
  roster.leave(one);
  expect([calls(), roster.find("m")]).toEqual([3, undefined]);
});

it("one that was replaced leaves no gap when it goes", () => {
  const { roster, calls } = follow();
  const [old, fresh] = [entry("A"), entry("B")];
  roster.enter(old);
  roster.enter(fresh);
  roster.leave(old);
  expect([calls(), roster.find("m")]).toEqual([2, fresh]);
});

it("who undid is told no more, others still are", () => {
  const { roster, undo, calls } = follow();
  let others = 0;
  const undoOther = roster.follow("m", () => {
    others += 1;
  });
  undo();
  undo();
  roster.changed("m");
  expect([calls(), others]).toEqual([0, 1]);
  undoOther();
  roster.follow("m", () => {
    others += 10;
  });
  undoOther();
  roster.changed("m");
  expect(others).toBe(11);
});
