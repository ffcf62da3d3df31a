/** What was found under a key: reads an entry's value in the words of the decision. */
import type { Entry } from "../../src/kv/store.ts";
import { messageOf } from "../../src/lib/errors.ts";
import { resolveHiera } from "../../src/lib/hiera.ts";
import type { Found } from "./decision.ts";
import type { LookSetting } from "./look-setting.ts";
import { collisionOf } from "./target.ts";
import { type Reading, readValue } from "./value.ts";

/** @param entry newest of its key, with its value; null and markers are an absent key */
export function foundIn(entry: Entry | null, setting: LookSetting): Found {
  const { target, properties } = setting;
  if (entry?.operation !== "PUT") return { how: "absent" };
  const collision = collisionOf(target, entry.key);
  if (collision !== undefined) return { how: "unreadable", reason: collision };
  try {
    const text = entry.string();
    const value = properties.parse === "text" ? text : readValue(text, readingIn(setting));
    return { how: "value", value, revision: entry.revision };
  } catch (cause) {
    return { how: "unreadable", reason: messageOf(cause) };
  }
}

function readingIn({ query, properties, facts }: LookSetting): Reading {
  return {
    query,
    resolve: properties.hieraConfig ? (document) => resolveHiera(document, facts()) : undefined,
  };
}
