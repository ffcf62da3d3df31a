/** What was found under a key: reads an entry's value in the words of the decision. */
import type { Entry } from "../../src/kv/store.ts";
import { messageOf } from "../../src/lib/errors.ts";
import type { Found } from "./decision.ts";
import type { LookSetting } from "./look-setting.ts";
import { collisionOf } from "./target.ts";
import { readValue } from "./value.ts";

/** @param entry newest of its key, with its value; null and markers are an absent key */
export function foundIn(entry: Entry | null, { target, query, properties }: LookSetting): Found {
  if (entry?.operation !== "PUT") return { how: "absent" };
  const collision = collisionOf(target, entry.key);
  if (collision !== undefined) return { how: "unreadable", reason: collision };
  try {
    const text = entry.string();
    const value = properties.parse === "text" ? text : readValue(text, query);
    return { how: "value", value, revision: entry.revision };
  } catch (cause) {
    return { how: "unreadable", reason: messageOf(cause) };
  }
}
