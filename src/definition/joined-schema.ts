/** The JSON Schemas that are printed and written to files: for editors and other tools, not for the door. */
import type { TSchema } from "typebox";
import { isJsonObject, type Json, type JsonObject } from "../lib/json.ts";
import { machineSchema } from "./machine-schema.ts";
import type { WatcherTypeShape } from "./shape.ts";

const dialect = "https://json-schema.org/draft/2020-12/schema";

/**
 * One schema for whole machine files, with what each type's `properties` may hold under `$defs`, chosen by the
 * watcher's `type`. JSON Schema 2020-12, self-contained.
 */
export function joinedSchema(types: ReadonlyMap<string, WatcherTypeShape>): JsonObject {
  const machine = plain(machineSchema);
  const properties = objectAt(machine, "properties");
  const watchers = objectAt(properties, "watchers");
  return {
    $schema: dialect,
    ...machine,
    properties: { ...properties, watchers: { ...watchers, items: anyWatcher(watchers, types) } },
    $defs: Object.fromEntries(sorted(types).map(([name, type]) => [name, plain(type.schema)])),
  };
}

/** The schema of the `properties` of one watcher type. */
export function watcherSchema(type: WatcherTypeShape): JsonObject {
  return schemaDocument(type.schema, `properties of a ${type.type} watcher`);
}

/** A schema of the code as a JSON Schema file. */
export function schemaDocument(schema: TSchema, title: string): JsonObject {
  return { $schema: dialect, title, ...plain(schema) };
}

/** One closed object, and a rule per type: editors then complain of the right type's properties only. */
function anyWatcher(watchers: JsonObject, types: ReadonlyMap<string, WatcherTypeShape>): JsonObject {
  const items = objectAt(watchers, "items");
  const keys = objectAt(items, "properties");
  const names = sorted(types).map(([name]) => name);
  return {
    ...items,
    properties: { ...keys, type: { ...objectAt(keys, "type"), enum: names } },
    allOf: sorted(types).map(([name, type]) => ({
      if: { properties: { type: { const: name } }, required: ["type"] },
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
      then: {
        properties: { properties: { $ref: `#/$defs/${name}` } },
        ...(needsProperties(type.schema) ? { required: ["properties"] } : {}),
      },
    })),
  };
}

function needsProperties(schema: TSchema): boolean {
  const { required } = plain(schema);
  return Array.isArray(required) && required.length > 0;
}

function sorted(types: ReadonlyMap<string, WatcherTypeShape>): [string, WatcherTypeShape][] {
  return [...types].sort(([left], [right]) => (left < right ? -1 : 1));
}

/** Without the marks that the type builder keeps on its schemas. */
function plain(schema: TSchema): JsonObject {
  const copy: Json = JSON.parse(JSON.stringify(schema));
  if (!isJsonObject(copy)) throw new Error("a schema that is no object");
  return copy;
}

function objectAt(object: JsonObject, key: string): JsonObject {
  const value = object[key];
  if (!isJsonObject(value)) throw new Error(`the machine schema has no object "${key}"`);
  return value;
}
