/** The conditions of transitions, each with what is wrong with it. Pure. */
import { parseCondition } from "../lib/condition.ts";
import { messageOf } from "../lib/errors.ts";
import { isJsonObject, type Json } from "../lib/json.ts";
import type { Problem } from "./fault.ts";
import { mostParts } from "./machine-schema.ts";

/** @param document a machine in normal form, of any shape */
export function checkConditions(document: Json): Problem[] {
  const transitions = isJsonObject(document) ? document["transitions"] : undefined;
  if (!Array.isArray(transitions)) return [];
  return transitions.slice(0, mostParts).flatMap((transition: Json, index) => {
    const when = isJsonObject(transition) ? transition["when"] : undefined;
    if (typeof when !== "string" || when === "") return [];
    try {
      parseCondition(when);
      return [];
    } catch (cause) {
      return [{ path: ["transitions", index, "when"], message: messageOf(cause) }];
    }
  });
}
