/**
 * Data with overrides by facts, in one document: `{"hierarchy": {"order": ["host:{{ lookup('facts.fqdn') }}"], "merge": "first"},
 * "data": {…}, "overrides": {"host:web1": {…}}}`, as Choria's tinyhiera and its Configuration Manager take them. Pure.
 */
import { type HieraDocument, overrideOf, readDocument } from "./hiera/document.ts";
import { fillItems, fillName } from "./hiera/fill.ts";
import { mergeDeep, mergeShallow } from "./hiera/merge.ts";
import type { JsonObject } from "./json.ts";

/**
 * The document's data for a host with these facts.
 * @throws BAD_VALUE naming the place in the document
 */
export function resolveHiera(root: JsonObject, facts: JsonObject): JsonObject {
  const document = readDocument(root);
  const base = fillItems(document.data ?? {}, "data", facts);
  const overrides = overridesFor(document, facts);
  if (document.merge === "deep") return [...overrides].reduce(mergeDeep, base);
  const { value: first } = overrides.next();
  return first ? mergeShallow(base, first) : base;
}

/** In order, only as far as they are asked for: what comes after the first may be broken without harm. */
function* overridesFor(document: HieraDocument, facts: JsonObject): Generator<JsonObject, undefined> {
  for (const [at, entry] of document.order.entries()) {
    const name = fillName(entry, `hierarchy.order[${at}]`, facts);
    // Choria's documents name the data itself in the order.
    if (name === undefined || (name === "data" && document.data)) continue;
    const override = overrideOf(document, name);
    if (override) yield fillItems(override, `overrides.${name}`, facts);
  }
  return undefined;
}
