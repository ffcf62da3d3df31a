import { describe, expect, it } from "vitest";
import { positionCursor, readPosition, readSeen, seenCursor } from "../../../watchers/kv/cursor.ts";

const of = { bucket: "B", key: "k", reading: "json", created: "then" };
const position = { bucket: "B", created: "then", revision: 7, followsFrom: 3 };

describe("what was seen", () => {
  it("is read as it was kept", () => {
    const revisions = new Map([
      ["a", 1],
      ["b", 2],
    ]);
    expect(readSeen(seenCursor({ of, revisions }), of)).toEqual({ of, revisions });
  });

  it.each(["bucket", "key", "reading", "created"])("under another %s counts for nothing", (what) => {
    const cursor = seenCursor({ of, revisions: new Map([["a", 1]]) });
    const other = { ...of, [what]: "other" };
    expect(readSeen(cursor, other)).toEqual({ of: other, revisions: new Map() });
  });

  it.each([undefined, null, 7, [], { ...of }, { ...of, seen: 1 }, { ...of, seen: { a: "1" } }])(
    "is nothing in the cursor %j",
    (cursor) => {
      expect(readSeen(cursor, of).revisions.size).toBe(0);
    },
  );
});

describe("a position", () => {
  it("is read as it was kept, for its bucket only", () => {
    expect(readPosition(positionCursor(position), "B")).toEqual(position);
    expect(readPosition(positionCursor(position), "C")).toBeUndefined();
  });

  it.each([undefined, null, 7, { ...position, revision: "7" }, { ...position, created: 7 }])(
    "is none in the cursor %j",
    (cursor) => {
      expect(readPosition(cursor, "B")).toBeUndefined();
    },
  );
});
