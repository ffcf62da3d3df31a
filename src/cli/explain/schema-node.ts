/** One place of a JSON Schema, as people read it. Pure. */
import { isJsonObject, type Json, type JsonObject } from "../../lib/json.ts";

export interface SchemaProperty {
  readonly name: string;
  readonly schema: JsonObject;
  readonly isRequired: boolean;
}

/** The properties of an object, of the elements of a list, or of the branches of a union. */
export function propertiesOf(schema: JsonObject): readonly SchemaProperty[] {
  const required = Array.isArray(schema["required"]) ? schema["required"] : [];
  const own = isJsonObject(schema["properties"]) ? Object.entries(schema["properties"]) : [];
  const direct = own.flatMap(([name, property]) =>
    isJsonObject(property) ? [{ name, schema: property, isRequired: required.includes(name) }] : [],
  );
  return [...direct, ...innerOf(schema).flatMap(propertiesOf)];
}

/** `list of text`, `duration`, `one of read, write`, `text or list of text`. */
export function typeOf(schema: JsonObject): string {
  const { type, enum: words, const: only, format, items } = schema;
  if (format === "machinist-duration") return "duration";
  if (Array.isArray(words)) return `one of ${words.map(String).join(", ")}`;
  if (only !== undefined) return JSON.stringify(only);
  if (type === "array") return `list of ${isJsonObject(items) ? typeOf(items) : "anything"}`;
  if (typeof type === "string") return typeWords[type] ?? type;
  const branches = branchesOf(schema).map(typeOf);
  return branches.length > 0 ? [...new Set(branches)].join(" or ") : "anything";
}

/** `default 1m`, `at least 1`, `such as …`. */
export function limitsOf(schema: JsonObject): readonly string[] {
  const words: Readonly<Record<string, string>> = {
    ...{ minimum: "at least", maximum: "at most", minItems: "entries from", maxItems: "entries up to" },
    ...{ maxLength: "characters up to" },
  };
  const limits = Object.entries(words).flatMap(([key, text]) =>
    typeof schema[key] === "number" ? [`${text} ${schema[key]}`] : [],
  );
  const usual = schema["default"] === undefined ? [] : [`default ${shown(schema["default"])}`];
  const [example] = Array.isArray(schema["examples"]) ? schema["examples"] : [];
  return [...usual, ...limits, ...(example === undefined ? [] : [`such as ${shown(example)}`])];
}

const typeWords: Readonly<Record<string, string>> = {
  ...{ string: "text", integer: "whole number", boolean: "true or false", object: "map" },
};

function innerOf(schema: JsonObject): JsonObject[] {
  const { items } = schema;
  return [...(isJsonObject(items) ? [items] : []), ...branchesOf(schema)];
}

function branchesOf(schema: JsonObject): JsonObject[] {
  const branches = schema["anyOf"] ?? schema["oneOf"];
  return Array.isArray(branches) ? branches.filter(isJsonObject) : [];
}

function shown(value: Json): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
