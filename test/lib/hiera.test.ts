/** Documents as tinyhiera and Choria's Configuration Manager take them: their examples, and what they leave open. */
import { describe, expect, it } from "vitest";
import { codeOf, messageOf } from "../../src/lib/errors.ts";
import { resolveHiera } from "../../src/lib/hiera.ts";
import type { JsonObject } from "../../src/lib/json.ts";

const byRole = { order: ["role:{{ lookup('facts.role') }}"] };

const layered: JsonObject = {
  hierarchy: {
    order: [
      "other:{{ lookup('facts.other', 'other') }}",
      "env:{{ lookup('facts.env') }}",
      `role:\${ lookup('facts.role') }`,
      "host:{{ lookup('facts.hostname') }}",
      "global",
    ],
    merge: "deep",
  },
  data: {
    log_level: "INFO",
    packages: ["ca-certificates"],
    web: { listen_port: 80, tls: false },
    other: "test",
  },
  overrides: {
    "env:prod": { log_level: "WARN" },
    "role:web": { packages: ["nginx"], web: { tls: true } },
    "host:web01": { log_level: "TRACE" },
    "other:stuff": { other: "extra" },
  },
};

function refusal(root: JsonObject, facts: JsonObject = {}): string {
  try {
    resolveHiera(root, facts);
  } catch (cause) {
    return `${codeOf(cause)} ${messageOf(cause)}`;
  }
  return "accepted";
}

describe("hiera", () => {
  it("deep merges all that match: objects are merged, lists joined, the rest replaced, later over earlier", () => {
    const facts = { env: "prod", role: "web", hostname: "web01", other: "stuff" };
    const before = structuredClone(layered);
    expect(resolveHiera(layered, facts)).toEqual({
      log_level: "TRACE",
      packages: ["ca-certificates", "nginx"],
      web: { listen_port: 80, tls: true },
      other: "extra",
    });
    expect(layered).toEqual(before);
  });

  it("deep replaces what is of another kind", () => {
    const root = {
      hierarchy: { order: ["a"], merge: "DEEP" },
      data: { list: [1], map: { x: 1 }, text: "t" },
      overrides: { a: { list: { x: 1 }, map: [1], text: null } },
    };
    expect(resolveHiera(root, {})).toEqual({ list: { x: 1 }, map: [1], text: null });
  });

  it.each([
    ["left out", undefined],
    ["first", "first"],
  ])("first takes the first that matches, item by item, and stops: merge %s", (_name, merge) => {
    const root = {
      hierarchy: { order: ["env:{{ lookup('facts.env') }}", "global"], ...(merge ? { merge } : {}) },
      data: { level: "INFO", web: { port: 80, tls: false } },
      overrides: { "env:stage": { web: { port: 81 } }, global: { level: "WARN" } },
    };
    expect(resolveHiera(root, { env: "stage" })).toEqual({ level: "INFO", web: { port: 81 } });
    expect(resolveHiera(root, { env: "none" })).toEqual({ level: "WARN", web: { port: 80, tls: false } });
  });

  it("first does not look at what comes after its hit", () => {
    const root = {
      hierarchy: { order: ["a", "{{ broken", "{{ nope() }}"] },
      data: { v: 1 },
      overrides: { a: { v: 2 } },
    };
    expect(resolveHiera(root, {})).toEqual({ v: 2 });
  });

  it("an entry whose expressions all give nothing is skipped", () => {
    const root = {
      hierarchy: { order: ["role:{{ lookup('facts.role') }}", "null:{{ lookup('facts.none') }}"] },
      data: { v: 1 },
      overrides: { "role:": { v: 2 }, "null:": { v: 3 } },
    };
    expect(resolveHiera(root, { none: null })).toEqual({ v: 1 });
  });

  it("one of several is enough", () => {
    const root = {
      hierarchy: { order: ["{{ lookup('facts.a') }}-{{ lookup('facts.b') }}"] },
      data: { v: 1 },
      overrides: { "x-": { v: 2 } },
    };
    expect(resolveHiera(root, { a: "x" })).toEqual({ v: 2 });
  });

  it.each([
    ["{{ lookup('facts.os.family') }}", "Debian"],
    ["{{lookup('facts.os.family')}}", "Debian"],
    [`\${ lookup('facts.os.family') }`, "Debian"],
    ["{{ lookup('os.family') }}", "Debian"],
    ["{{ Facts.os.family }}", "Debian"],
    ["{{ facts.os.family }}", "Debian"],
    ["{{ lookup('facts.os.family') | lower() }}", "debian"],
    ["{{ lookup('facts.nope', 'Some') | lower() }}", "some"],
    ["{{ lookup(\"facts.os.nope\", '}}') }}", "}}"],
    [`\${ {'a': {'b': 'c'}}.a.b }`, "c"],
    ["$${{ lookup('facts.os.family') }}", "$$Debian"],
    ["{{ lookup('facts.cpus') }}", "4"],
    ["{{ lookup('facts.disks.#') }}", "2"],
    ["{{ lookup('facts.cpus') > 2 ? 'big' : 'small' }}", "big"],
    ["plain", "plain"],
    ["%{facts.role}", "%{facts.role}"],
    ["{{ no end", "{{ no end"],
    [`\${ no end, don't`, "${ no end, don't"],
  ])("the name %s becomes %s", (entry, name) => {
    const facts = { os: { family: "Debian" }, cpus: 4, disks: ["a", "b"] };
    const root = {
      hierarchy: { order: [entry] },
      data: { hit: false },
      overrides: { [name]: { hit: true } },
    };
    expect(resolveHiera(root, facts)).toEqual({ hit: true });
  });

  it("values take facts too: alone with their type, in a text as text, at any depth; keys do not", () => {
    const root = {
      hierarchy: byRole,
      data: {
        alone: " {{ lookup('facts.disks') }} ",
        text: "cpus: {{ lookup('facts.cpus') }}, {{ lookup('facts.nope') }}.",
        deep: { list: ["{{ lookup('facts.cpus') }}", 7, null, true] },
        "{{ key }}": "",
      },
      overrides: { "role:web": { number: "{{ lookup('facts.text') | int() }}" } },
    };
    const facts = { role: "web", cpus: 4, disks: ["a"], text: "12" };
    expect(resolveHiera(root, facts)).toEqual({
      alone: ["a"],
      text: "cpus: 4, .",
      deep: { list: [4, 7, null, true] },
      "{{ key }}": "",
      number: 12,
    });
  });

  it("without a hierarchy there is one named default; without data there are the overrides", () => {
    expect(resolveHiera({ data: { v: 1 }, overrides: { default: { v: 2 } } }, {})).toEqual({ v: 2 });
    expect(resolveHiera({ data: { v: 1 } }, {})).toEqual({ v: 1 });
    expect(resolveHiera({ overrides: { default: { v: 2 } } }, {})).toEqual({ v: 2 });
    expect(resolveHiera({ hierarchy: byRole, data: { v: 1 }, overrides: null }, {})).toEqual({ v: 1 });
  });

  it("the data may stand in the order, and is no override", () => {
    const root = {
      hierarchy: { order: ["data", "a"] },
      data: { v: 1 },
      overrides: { data: { v: 2 }, a: { v: 3 } },
    };
    expect(resolveHiera(root, {})).toEqual({ v: 3 });
  });

  it("sees own properties only, and keeps any name", () => {
    const root = JSON.parse(
      '{"hierarchy":{"order":["constructor","a"],"merge":"deep"},"data":{"toString":1},"overrides":{"a":{"__proto__":{"x":1},"toString":2}}}',
    );
    const found = resolveHiera(root, {});
    expect(JSON.stringify(found)).toBe('{"toString":2,"__proto__":{"x":1}}');
    expect(resolveHiera({ data: { v: "{{ lookup('facts.constructor', 'none') }}" } }, {})).toEqual({
      v: "none",
    });
  });

  const place = "hierarchy.order[0], from character";
  it.each([
    [{}, 'found neither data nor overrides; expected {"hierarchy": …, "data": {…}, "overrides": {…}}'],
    [{ spec: "x" }, "found neither data nor overrides; expected"],
    [{ data: [1] }, "data is a list; expected an object"],
    [{ data: "secret" }, "data is a string; expected an object"],
    [{ data: {}, overrides: 1 }, "overrides is a number; expected an object"],
    [{ data: {}, hierarchy: [] }, "hierarchy is a list; expected an object"],
    [{ data: {}, hierarchy: {} }, "hierarchy has no order; expected a list of texts such as"],
    [{ data: {}, hierarchy: { order: "a" } }, "hierarchy.order is something else; expected a list of texts"],
    [{ data: {}, hierarchy: { order: ["a", 2] } }, "hierarchy.order is something else; expected a list"],
    [
      { data: {}, hierarchy: { order: [], merge: "all" } },
      'hierarchy.merge is something else; expected "first" or "deep"',
    ],
    [
      { data: {}, hierarchy: { order: ["default"] }, overrides: { default: "secret" } },
      "overrides.default is a string; expected an object",
    ],
    [
      { data: {}, hierarchy: { order: ["a:{{ lokup('facts.a') }}"] } },
      `${place} 5: expression, column 1: unknown function "lokup", did you mean "lookup"?`,
    ],
    [
      { data: {}, hierarchy: { order: ["{{ lookup('facts.a'}} }}"] } },
      `${place} 3: expression, column 17: it ends too early, expected ")"`,
    ],
    [
      { data: {}, hierarchy: { order: ["{{ lookup('facts.a) }}"] } },
      `${place} 3: expression, column 8: this text has no closing quote`,
    ],
    [
      { data: { db: { password: "{{ 'secret' + }}" } } },
      "data.db.password, from character 3: this is no expression that can be read here; correct it",
    ],
    [
      { data: { list: [1, "x{{ 'secret' | int() }}"] } },
      "data.list[1], from character 4: this expression fails with the facts of this host; correct it",
    ],
  ])("refuses %j", (root, message) => {
    const found = refusal(root as JsonObject);
    expect(found).toContain(`BAD_VALUE ${message}`);
    expect(found).not.toContain("secret");
  });

  it("reads no files, environment or other data", () => {
    for (const call of ["readFile('/etc/passwd')", "kvGet('b', 'k')", "Environ.HOME", "Data.x"]) {
      expect(refusal({ data: {}, hierarchy: { order: [`{{ ${call} }}`] } })).toContain("unknown");
    }
  });

  it("takes a text full of openings and quotes in one pass", () => {
    const hostile = `{{ "${'\\"'.repeat(200_000)}${"{{".repeat(200_000)} }}`;
    expect(refusal({ data: { hostile } })).toContain("data.hostile, from character 3");
    expect(resolveHiera({ data: { many: "${".repeat(200_000) } }, {})).toEqual({
      many: "${".repeat(200_000),
    });
  });
});
