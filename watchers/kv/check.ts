/** Faults of a kv watcher's properties that its schema cannot tell. Pure. */
import type { PropertyFault, WatcherDefinition } from "../../src/definition/shape.ts";
import {
  hasWildcards,
  refuseReservedBucket,
  validateFilter,
  validateKey,
  validateSubjectFilter,
} from "../../src/kv/names.ts";
import { formatDuration } from "../../src/lib/duration.ts";
import { messageOf } from "../../src/lib/errors.ts";
import { parseQuery } from "../../src/lib/query.ts";
import { parseTemplate } from "../../src/lib/template.ts";
import type { KvProperties } from "./properties.ts";
import { collisionOf, type Target, targetOf } from "./target.ts";

/** A poll that comes later than this may miss revisions in a bucket with a low history. */
const longestLagMs = 60_000;

type CheckedWatcher = WatcherDefinition & { readonly properties: KvProperties };

export function checkKv(watcher: CheckedWatcher): readonly PropertyFault[] {
  const { properties } = watcher;
  return [
    ...refusal("bucket", () => refuseReservedBucket(properties.bucket)),
    ...checkTexts(properties),
    ...checkParse(properties),
    ...checkKey(properties),
    ...checkStoreKey(watcher),
    ...checkTrigger(properties),
    ...checkEvery(properties),
    ...checkLag(watcher),
  ];
}

function checkTexts({ key, storeKey, query }: KvProperties): PropertyFault[] {
  return [
    ...refusal("key", () => parseTemplate(key)),
    ...refusal("store_key", () => parseTemplate(storeKey ?? "")),
    ...refusal("query", () => query === undefined || parseQuery(query)),
  ];
}

function checkParse({ parse, query, hieraConfig }: KvProperties): PropertyFault[] {
  if (parse === "json") return [];
  const ofJson = [...(query === undefined ? [] : ["query"]), ...(hieraConfig ? ["hiera_config"] : [])];
  return ofJson.map((name) =>
    fault(name, `${name} is for JSON, and with parse: text nothing is JSON; remove one of them`),
  );
}

function refusal(name: string, attempt: () => unknown): PropertyFault[] {
  try {
    attempt();
    return [];
  } catch (cause) {
    return [fault(name, messageOf(cause))];
  }
}

function checkKey({ key, mode, written }: KvProperties): PropertyFault[] {
  if (mode === "poll" && !written.hasKey) {
    const message = 'mode poll needs a `key`: write the key to follow, or key: ">" for the whole bucket';
    return [{ path: ["properties"], message }];
  }
  // What a template becomes is only known at a look; a bad result is an error of that look.
  return isTemplate(key) ? [] : refusal("key", () => (hasWildcards(key) ? validateFilter : validateKey)(key));
}

function checkStoreKey({ name, properties }: CheckedWatcher): PropertyFault[] {
  const { key, storeKey } = properties;
  if (isTemplate(key) || (storeKey !== undefined && isTemplate(storeKey))) return [];
  let target: Target;
  try {
    target = targetOf(properties, { key, storeKey }, name);
  } catch (cause) {
    return [fault("store_key", messageOf(cause))];
  }
  const collision = collisionOf(target, key);
  return collision === undefined ? [] : [fault(storeKey === undefined ? "key" : "store_key", collision)];
}

function checkTrigger({ republishTrigger: trigger, mode }: KvProperties): PropertyFault[] {
  if (trigger === undefined) return [];
  const check = (): void => {
    if (parseTemplate(trigger).constant) validateSubjectFilter(trigger);
  };
  const idleBecause = "with mode: watch, which is told of each change anyway";
  return [
    ...refusal("republish_trigger", check),
    ...idle("republish_trigger", mode === "watch", idleBecause),
  ];
}

function checkEvery(properties: KvProperties): PropertyFault[] {
  if (properties.deliver !== "every") return [];
  const idleBecause = "with deliver: every, which fires for each revision anyway";
  return [
    ...idle("on_successful_get", properties.onSuccessfulGet, idleBecause),
    ...idle("on_matching_update", properties.onMatchingUpdate, idleBecause),
  ];
}

/** The file says how late a poll may be, not how much its bucket keeps. */
function checkLag({ intervalMs = 0, properties: { deliver, mode } }: CheckedWatcher): PropertyFault[] {
  if (deliver !== "every" || mode !== "poll" || intervalMs <= longestLagMs) return [];
  const lag = formatDuration(intervalMs);
  const message =
    `with deliver: every and a poll each ${lag}, revisions are missed when a key is written more often in ${lag} than its bucket ` +
    "keeps entries per key (history); use mode: watch, or raise the bucket's history";
  return [{ path: ["interval"], message, severity: "warning" }];
}

function idle(name: string, isSet: boolean, because: string): PropertyFault[] {
  if (!isSet) return [];
  const message = `${name} says nothing ${because}; remove it`;
  return [{ ...fault(name, message), severity: "warning" }];
}

function fault(name: string, message: string): PropertyFault {
  return { path: ["properties", name], message };
}

function isTemplate(text: string): boolean {
  return text.includes("{{");
}
