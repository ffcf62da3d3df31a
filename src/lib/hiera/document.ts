/** The parts of a hierarchical document, checked. */
import { MachinistError } from "../errors.ts";
import { isJsonObject, type Json, type JsonObject } from "../json.ts";

export interface HieraDocument {
  /** Names of overrides, the first to be asked first; still with expressions. */
  readonly order: readonly string[];
  readonly merge: "first" | "deep";
  /** undefined when there is none. */
  readonly data: JsonObject | undefined;
  readonly overrides: JsonObject;
}

/** @throws BAD_VALUE naming the part, what was found and what was expected; the message holds no values */
export function readDocument(root: JsonObject): HieraDocument {
  const data = objectAt(root, "data");
  const overrides = objectAt(root, "overrides");
  if (!data && !overrides)
    throw fault("found neither data nor overrides", '{"hierarchy": …, "data": {…}, "overrides": {…}}');
  const hierarchy = objectAt(root, "hierarchy");
  return {
    order: hierarchy ? orderOf(hierarchy) : ["default"],
    merge: mergeOf(hierarchy),
    data,
    overrides: overrides ?? {},
  };
}

/** @returns undefined for an override that is not there, or is empty. @throws BAD_VALUE for one that is no object */
export function overrideOf({ overrides }: HieraDocument, name: string): JsonObject | undefined {
  return objectAt(overrides, name, `overrides.${name}`);
}

function objectAt(parent: JsonObject, key: string, place = key): JsonObject | undefined {
  const found = Object.hasOwn(parent, key) ? parent[key] : undefined;
  if (found === undefined || found === null) return undefined;
  if (isJsonObject(found)) return found;
  throw fault(`${place} is ${Array.isArray(found) ? "a list" : `a ${typeof found}`}`, "an object");
}

function orderOf(hierarchy: JsonObject): readonly string[] {
  const order: Json | undefined = hierarchy["order"];
  const names = Array.isArray(order) ? order.filter((name) => typeof name === "string") : [];
  if (Array.isArray(order) && names.length === order.length) return names;
  throw fault(
    order === undefined ? "hierarchy has no order" : "hierarchy.order is something else",
    `a list of texts such as "fqdn:{{ lookup('facts.fqdn') }}"`,
  );
}

function mergeOf(hierarchy: JsonObject | undefined): "first" | "deep" {
  const merge = hierarchy?.["merge"] ?? "";
  const name = typeof merge === "string" ? merge.toLowerCase() : undefined;
  if (name === "" || name === "first") return "first";
  if (name === "deep") return "deep";
  throw fault("hierarchy.merge is something else", '"first" or "deep"');
}

function fault(found: string, expected: string): MachinistError {
  return new MachinistError("BAD_VALUE", `${found}; expected ${expected}`);
}
