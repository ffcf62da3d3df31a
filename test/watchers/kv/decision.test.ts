import { describe, expect, it } from "vitest";
import {
  type ChangeOptions,
  type Decision,
  decide,
  type Found,
  type Known,
} from "../../../watchers/kv/decision.ts";

const plain: ChangeOptions = { onSuccessfulGet: false, onMatchingUpdate: false };
const onGet: ChangeOptions = { ...plain, onSuccessfulGet: true };
const onUpdate: ChangeOptions = { ...plain, onMatchingUpdate: true };

const unknown: Known = { previous: undefined, revision: undefined };
const known = (revision?: number): Known => ({ previous: { a: [1] }, revision });
const value = (revision: number): Found => ({ how: "value", value: { a: [1] }, revision });
const other = (revision: number): Found => ({ how: "value", value: { a: [2] }, revision });
const absent: Found = { how: "absent" };
const unreadable: Found = { how: "unreadable", reason: "why" };

const rows: [string, Known, Found, ChangeOptions, Decision][] = [
  ["2-4, 7: unreadable, nothing known", unknown, unreadable, plain, { what: "error", reason: "why" }],
  ["2-4, 7: unreadable, value known", known(3), unreadable, onGet, { what: "error", reason: "why" }],
  ["5: absent, nothing known", unknown, absent, plain, { what: "nothing", revision: undefined }],
  [
    "5: absent, a revision seen",
    { previous: undefined, revision: 3 },
    absent,
    onGet,
    { what: "nothing", revision: undefined },
  ],
  ["6: absent, value known", known(3), absent, plain, { what: "deleted" }],
  ["6: absent, value known, no revision", known(), absent, onUpdate, { what: "deleted" }],
  ["6: absent, null known", { previous: null, revision: 3 }, absent, plain, { what: "deleted" }],
  ["8: value, nothing known", unknown, value(1), plain, { what: "put", value: { a: [1] }, revision: 1 }],
  ["8: other value", known(3), other(4), plain, { what: "put", value: { a: [2] }, revision: 4 }],
  [
    "8: other value, older revision",
    known(3),
    other(2),
    plain,
    { what: "put", value: { a: [2] }, revision: 2 },
  ],
  ["8: other value on get", known(3), other(4), onGet, { what: "put", value: { a: [2] }, revision: 4 }],
  [
    "9: equal value, newer revision",
    known(3),
    value(4),
    onUpdate,
    { what: "put", value: { a: [1] }, revision: 4 },
  ],
  ["9 not: equal value, same revision", known(3), value(3), onUpdate, { what: "nothing", revision: 3 }],
  ["9 not: equal value, no revision seen", known(), value(4), onUpdate, { what: "nothing", revision: 4 }],
  ["9 not: equal value, older revision", known(3), value(2), onUpdate, { what: "nothing", revision: 2 }],
  ["10: equal value", known(3), value(4), plain, { what: "nothing", revision: 4 }],
  ["10: equal value on get", known(3), value(3), onGet, { what: "read", revision: 3 }],
];

describe("kv decision table", () => {
  it.each(rows)("row %s", (_name, before, found, options, expected) => {
    expect(decide(before, found, options)).toEqual(expected);
  });
});
