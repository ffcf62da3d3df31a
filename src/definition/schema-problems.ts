/** The errors of a JSON Schema validator as problems with paths: which of them to tell, and where they point. */

import { didYouMean, nearestName } from "../lib/did-you-mean.ts";
import { isJsonObject } from "../lib/json.ts";
import type { Complaint } from "./complaint.ts";
import type { Path, Problem } from "./fault.ts";
import { chosenBranches } from "./schema-branches.ts";
import { valueMessage } from "./schema-words.ts";
import { choice, quoted } from "./value-words.ts";

/** @param value the whole value, to tell list indexes from keys */
export function problemsOf(complaints: readonly Complaint[], value: unknown): Problem[] {
  const chosen = chosenBranches(complaints);
  const meant = meantKeys(chosen);
  const seen = new Set<string>();
  const problems: Problem[] = [];
  for (const complaint of chosen) {
    const path = pathOf(complaint.instancePath, value);
    const unknown = complaint.params["additionalProperty"];
    const missing = complaint.params["missingProperty"];
    if (typeof unknown === "string") {
      problems.push({ path: [...path, unknown], at: "key", message: unknownKey(complaint, unknown) });
    } else if (typeof missing === "string") {
      if (meant.has(`${complaint.instancePath}/${missing}`)) continue;
      problems.push({ path, message: missingKey(complaint, missing) });
    } else if (!seen.has(complaint.instancePath)) {
      seen.add(complaint.instancePath);
      problems.push({ path, message: valueMessage(complaint) });
    }
  }
  return problems;
}

/**
 * Pointers of the keys that unknown ones were probably meant to be. A misspelt key is told where it stands: that it is
 * missing under its right name too would say nothing new.
 */
function meantKeys(complaints: readonly Complaint[]): Set<string> {
  const meant = new Set<string>();
  for (const { params, parent, instancePath } of complaints) {
    const key = params["additionalProperty"];
    const nearest = typeof key === "string" ? nearestName(key, keysOf(parent)) : undefined;
    if (nearest !== undefined) meant.add(`${instancePath}/${nearest}`);
  }
  return meant;
}

function unknownKey({ parent }: Complaint, key: string): string {
  const known = keysOf(parent);
  const hint =
    didYouMean(key, known) ||
    (known.length > 0 ? `; known here: ${choice(known, "and")}` : "; none is known here");
  return `unknown key ${quoted(key)}${hint}`;
}

function missingKey({ parent }: Complaint, name: string): string {
  const { properties } = parent;
  const schema = isJsonObject(properties) ? properties[name] : undefined;
  const description = isJsonObject(schema) ? schema["description"] : undefined;
  return `${name} is missing${typeof description === "string" ? `: ${firstSentence(description)}` : ""}`;
}

function firstSentence(text: string): string {
  const sentence = /^.*?[.](?= |$)/.exec(text)?.[0] ?? text;
  return sentence.replace(/[.]$/, "").replace(/^[A-Z](?=[a-z ])/, (letter) => letter.toLowerCase());
}

function keysOf(parent: Complaint["parent"]): string[] {
  const { properties } = parent;
  return isJsonObject(properties) ? Object.keys(properties) : [];
}

function pathOf(pointer: string, root: unknown): Path {
  const path: (string | number)[] = [];
  let value = root;
  for (const part of pointer.split("/").slice(1)) {
    const key = part.replaceAll("~1", "/").replaceAll("~0", "~");
    path.push(Array.isArray(value) ? Number(key) : key);
    value = isJsonObject(value) || Array.isArray(value) ? Reflect.get(value, key) : undefined;
  }
  return path;
}
