/**
 * Reads the properties of a watcher as weakly as Choria does: `"true"` for true, one item for a list of one, numbers for
 * text, keys in any case. Guided by the type's schema; what still does not fit is left for the schema to refuse.
 */
import type { TSchema } from "typebox";
import { isJsonObject, type Json, type JsonObject } from "../lib/json.ts";
import type { Path, Problem } from "./fault.ts";
import type { SourceAt } from "./normal-form.ts";

export interface WeakReading {
  readonly value: Json;
  readonly problems: readonly Problem[];
  /** The path as the author wrote it, for a path in the names of the schema. */
  writtenPath(path: Path): Path;
}

/** @param sourceAt paths from the properties, as written */
export function readWeakly(schema: TSchema, properties: Json, sourceAt: SourceAt): WeakReading {
  const reader = new WeakReader(sourceAt);
  return {
    value: reader.read(schema, properties, { path: [], written: [] }),
    problems: reader.problems,
    writtenPath: (path) => reader.writtenPath(path),
  };
}

/** Where a value is: by the schema's names, and as the author wrote them. */
interface Spot {
  readonly path: Path;
  readonly written: Path;
}

const yes = new Set(["1", "t", "T", "TRUE", "true", "True"]);
const no = new Set(["", "0", "f", "F", "FALSE", "false", "False"]);

class WeakReader {
  readonly problems: Problem[] = [];
  readonly #sourceAt: SourceAt;
  /** Path by the schema's names, as JSON → key as written. */
  readonly #renamed = new Map<string, string>();

  constructor(sourceAt: SourceAt) {
    this.#sourceAt = sourceAt;
  }

  read(schema: unknown, value: Json, spot: Spot): Json {
    if (!isJsonObject(schema)) return value;
    const branches = schema["anyOf"];
    if (Array.isArray(branches)) return this.#readAny(branches, value, spot);
    switch (schema["type"]) {
      case "object":
        return isJsonObject(value) ? this.#readMap(schema, value, spot) : value;
      case "array":
        return this.#readList(schema["items"], value, spot);
      case "boolean":
        return asBoolean(value);
      case "string":
        return isJsonObject(value) || Array.isArray(value) ? value : this.#asText(value, spot);
      case "number":
      case "integer":
        return asNumber(value);
      default:
        return value;
    }
  }

  writtenPath(path: Path): Path {
    return path.map((step, index) => this.#renamed.get(JSON.stringify(path.slice(0, index + 1))) ?? step);
  }

  #readAny(branches: readonly Json[], value: Json, spot: Spot): Json {
    const kindred = branches.find((branch) => isOfKind(branch, value));
    if (kindred !== undefined) return this.read(kindred, value, spot);
    for (const branch of branches) {
      const read = this.read(branch, value, spot);
      if (isOfKind(branch, read)) return read;
    }
    return value;
  }

  #readList(items: unknown, value: Json, spot: Spot): Json {
    if (value === null || (isJsonObject(value) && !isOfKind(items, value))) return value;
    if (!Array.isArray(value)) return [this.read(items, value, spot)];
    return value.map((item: Json, index) =>
      this.read(items, item, { path: [...spot.path, index], written: [...spot.written, index] }),
    );
  }

  #readMap(schema: JsonObject, map: JsonObject, spot: Spot): Json {
    const { properties } = schema;
    const known = isJsonObject(properties) ? properties : {};
    const required = Array.isArray(schema["required"]) ? schema["required"] : [];
    const read: [string, Json][] = [];
    for (const [written, value] of Object.entries(map)) {
      const name = this.#nameOf(written, { known, map, spot });
      // A key without a value is as good as no key.
      if (value === null && Object.hasOwn(known, name) && !required.includes(name)) continue;
      const inner = { path: [...spot.path, name], written: [...spot.written, written] };
      const schemaOfValue = Object.hasOwn(known, name) ? known[name] : schemaOfOther(schema, name);
      read.push([name, this.read(schemaOfValue, value, inner)]);
    }
    return Object.fromEntries(read);
  }

  #nameOf(written: string, { known, map, spot }: { known: JsonObject; map: JsonObject; spot: Spot }): string {
    if (Object.hasOwn(known, written)) return written;
    const name = Object.keys(known).find((key) => key.toLowerCase() === written.toLowerCase());
    if (name === undefined || Object.hasOwn(map, name)) return written;
    const key = JSON.stringify([...spot.path, name]);
    if (this.#renamed.has(key)) return written;
    this.#renamed.set(key, written);
    const message = `key "${written}" is read as "${name}": write it so`;
    this.problems.push({ path: [...spot.written, written], at: "key", message, severity: "warning" });
    return name;
  }

  #asText(value: Json, spot: Spot): Json {
    if (typeof value !== "number" && typeof value !== "boolean") return value;
    return this.#sourceAt(spot.written) ?? String(value);
  }
}

function schemaOfOther(schema: JsonObject, name: string): unknown {
  const { patternProperties } = schema;
  for (const [pattern, inner] of isJsonObject(patternProperties) ? Object.entries(patternProperties) : []) {
    if (new RegExp(pattern, "u").test(name)) return inner;
  }
  return schema["additionalProperties"];
}

function asBoolean(value: Json): Json {
  if (typeof value === "number") return value !== 0;
  if (typeof value !== "string") return value;
  if (yes.has(value)) return true;
  return no.has(value) ? false : value;
}

function asNumber(value: Json): Json {
  return typeof value === "string" && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value;
}

function isOfKind(schema: unknown, value: Json): boolean {
  if (!isJsonObject(schema)) return false;
  if (schema["const"] !== undefined) return schema["const"] === value;
  switch (schema["type"]) {
    case "object":
      return isJsonObject(value);
    case "array":
      return Array.isArray(value);
    case "integer":
      return Number.isInteger(value);
    default:
      return typeof value === schema["type"];
  }
}
