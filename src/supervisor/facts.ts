/** What the host says of itself and of its machines: facts and overrides, each a JSON or YAML file, read again when it changed. */
import { readFileSync, statSync } from "node:fs";
import { parseYaml } from "../definition/parse.ts";
import { MachinistError, messageOf } from "../lib/errors.ts";
import { deepFreeze, isJsonObject, type JsonObject } from "../lib/json.ts";

const none: JsonObject = deepFreeze({});

/**
 * A function that gives the facts as they are now; `{}` while no file is there.
 * @param files candidates, the first that exists counts
 */
export function createFacts(files: readonly string[]): () => JsonObject {
  return createReader("facts", files);
}

/** As `createFacts`, for what the host says of its machines, by machine name. */
export function createOverrides(files: readonly string[]): () => JsonObject {
  return createReader("overrides", files);
}

function createReader(what: string, files: readonly string[]): () => JsonObject {
  let known: { readonly stamp: string; readonly content: JsonObject } = { stamp: "", content: none };
  return () => {
    // Looking at the file each time is cheaper than a watcher and never late: the read happens only after a change.
    for (const file of files) {
      const stats = statSync(file, { throwIfNoEntry: false });
      if (!stats) continue;
      const stamp = `${file}:${stats.ino}:${stats.size}:${stats.mtimeMs}`;
      if (stamp !== known.stamp) known = { stamp, content: read(what, file) };
      return known.content;
    }
    return none;
  };
}

function read(what: string, file: string): JsonObject {
  try {
    const content = file.endsWith(".json")
      ? JSON.parse(readFileSync(file, "utf8"))
      : parseYaml(readFileSync(file), { file });
    if (!isJsonObject(content)) throw new Error("the top level is no object of names and values");
    return deepFreeze(content);
  } catch (cause) {
    const message = `${what} file ${file} cannot be read: ${messageOf(cause)}`;
    throw new MachinistError("BAD_VALUE", message, { cause, details: { file } });
  }
}
