/** The published schema says what the door says: one and the same file passes or fails both. */
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { checkDefinition } from "../../src/definition/definition.ts";
import { joinedSchema, watcherSchema } from "../../src/definition/joined-schema.ts";
import { fakeTypes, look } from "./fake-types.ts";

const validate = new Ajv2020({
  strict: true,
  strictTypes: false,
  allErrors: true,
  formats: { "machinist-duration": true },
  keywords: ["patternErrorMessage"],
}).compile(joinedSchema(fakeTypes));

function machineWith(watcher: object, more: object = {}): object {
  return {
    name: "web",
    version: "1.0.0",
    initial_state: "A",
    transitions: [{ name: "go", from: ["A"], destination: "A" }],
    watchers: [watcher],
    ...more,
  };
}

const machines: readonly (readonly [string, object, boolean])[] = [
  ["a good one", machineWith({ name: "w", type: "tick" }), true],
  [
    "properties of its type",
    machineWith({ name: "w", type: "look", properties: { target: "x", times: 2 } }),
    true,
  ],
  ["a required property missing", machineWith({ name: "w", type: "look", properties: {} }), false],
  ["no properties where some are required", machineWith({ name: "w", type: "look" }), false],
  ["another type's properties", machineWith({ name: "w", type: "tick", properties: { target: "x" } }), false],
  ["an unknown type", machineWith({ name: "w", type: "none" }), false],
  ["an unknown key of a watcher", machineWith({ name: "w", type: "tick", extra: 1 }), false],
  ["an unknown key of the machine", machineWith({ name: "w", type: "tick" }, { extra: 1 }), false],
  [
    "a bad duration",
    machineWith({ name: "w", type: "look", properties: { target: "x", timeout: "10" } }),
    false,
  ],
  [
    "a good duration",
    machineWith({ name: "w", type: "look", properties: { target: "x", timeout: "1h30m" } }),
    true,
  ],
  ["no rate limit", machineWith({ name: "w", type: "tick" }, { rate_limit: false }), true],
  ["a rate limit of true", machineWith({ name: "w", type: "tick" }, { rate_limit: true }), false],
  ["a splay of a duration", machineWith({ name: "w", type: "tick" }, { splay_start: "10s" }), true],
  ["a splay of half seconds", machineWith({ name: "w", type: "tick" }, { splay_start: 1.5 }), false],
];

describe("the joined schema", () => {
  it.each(machines)("%s", (_name, machine, isGood) => {
    expect(validate(machine)).toBe(isGood);
    const { definition } = checkDefinition(Buffer.from(JSON.stringify(machine)), {
      file: "m",
      types: fakeTypes,
    });
    expect(definition !== undefined).toBe(isGood);
  });

  it("complains of the right type's properties only", () => {
    validate(machineWith({ name: "w", type: "look", properties: { target: "x", colour: 1 } }));
    const problems = validate.errors?.filter(({ keyword }) => keyword !== "if");
    expect(problems).toMatchObject([
      { keyword: "additionalProperties", params: { additionalProperty: "colour" } },
    ]);
  });

  it("describes every key", () => {
    const undescribed: string[] = [];
    const visit = (schema: unknown, path: string): void => {
      if (typeof schema !== "object" || schema === null) return;
      for (const [key, value] of Object.entries(schema)) {
        // A key of watchers is itself called properties.
        if (key === "properties" && !/[/](then|if|properties)$/.test(path)) {
          for (const [name, inner] of Object.entries(value)) {
            if (typeof inner === "object" && inner !== null && !("description" in inner))
              undescribed.push(`${path}/${name}`);
          }
        }
        visit(value, `${path}/${key}`);
      }
    };
    const { $defs: _types, ...machine } = joinedSchema(fakeTypes);
    visit(machine, "");
    expect(undescribed).toEqual([]);
  });

  it("has the schema of each type as its own file has it", () => {
    const { $schema: _dialect, title: _title, ...own } = watcherSchema(look);
    expect(joinedSchema(fakeTypes)["$defs"]).toMatchObject({ look: own });
  });
});
