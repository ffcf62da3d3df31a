/** The entries of a specification. Whoever writes them is trusted with what is installed, not with where. Pure. */
import { MachinistError } from "../errors.ts";
import { isJsonObject, type Json, type JsonObject } from "../json.ts";
import { parseTemplate } from "../template.ts";

/** One archive to keep installed. All but the name and `match` may be templates of the archive watcher. */
export interface SpecificationEntry {
  /** Directory that the archive makes. */
  readonly name: string;
  /** Address of the archive. */
  readonly source: string;
  /** sha256 of the archive. */
  readonly checksum: string;
  /** sha256 of the file SHA256SUMS in it. */
  readonly verifyChecksum: string;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly governor: string | undefined;
  /** Condition for this host; undefined = every host. Not checked yet. */
  readonly match: string | undefined;
}

/** Keeps every path that a name becomes part of short enough for a file system. */
const longestName = 100;
/** No address and no password is longer. */
const longestText = 4096;

/** One part of a path, and nothing that a path does with `..` or `.`. */
export function isEntryName(name: string): boolean {
  return /^[A-Za-z][A-Za-z0-9_-]*$/.test(name) && name.length <= longestName;
}

/** @throws BAD_VALUE naming the first entry that is wrong; the message never holds a password */
export function readEntries(list: Json): readonly SpecificationEntry[] {
  if (!Array.isArray(list)) throw fault("its content is no list; expected a JSON list of entries");
  return list.map((item: Json, at) => readEntry(item, `entry ${at + 1}`));
}

function readEntry(item: Json, place: string): SpecificationEntry {
  if (!isJsonObject(item)) throw fault(`${place} is no object`);
  const name = requireName(text(item, "name", place), place);
  const named = `${place} (${name})`;
  const entry = {
    name,
    source: requireSource(required(item, "source", named), named),
    checksum: requireChecksum(item, "checksum", named),
    verifyChecksum: requireChecksum(item, "verify_checksum", named),
    username: text(item, "username", named),
    password: text(item, "password", named),
    governor: text(item, "governor", named),
    match: text(item, "match", named),
  };
  if (entry.username !== undefined && entry.password === undefined) {
    throw fault(`${named} has a username and no password; write both or none`);
  }
  return entry;
}

function requireName(name: string | undefined, place: string): string {
  if (name === undefined) throw fault(`${place} has no name`);
  if (!isEntryName(name)) {
    throw fault(
      `${place}: name ${shown(name)} is none; use 1 to ${longestName} of A-Z a-z 0-9 _ -, a letter first`,
    );
  }
  if (/^(tmp|.*-temp)$/.test(name)) {
    throw fault(
      `${place}: name ${name} stands for what is being put together, which never runs; use another`,
    );
  }
  return name;
}

function requireSource(source: string, place: string): string {
  if (/^(https?|file):\/\/\S+$/.test(source.replace(/\{\{.*?\}\}/g, "x"))) return source;
  throw fault(`${place}: its source is none; write an address that begins with https://, http:// or file://`);
}

function requireChecksum(item: JsonObject, key: string, place: string): string {
  const checksum = required(item, key, place);
  if (/^[0-9a-f]{64}$/i.test(checksum) || checksum.includes("{{")) return checksum;
  throw fault(`${place}: ${key} is no sha256; write 64 hex digits`);
}

function required(item: JsonObject, key: string, place: string): string {
  const value = text(item, key, place);
  if (value === undefined) throw fault(`${place} has no ${key}`);
  return value;
}

/** undefined for what is missing, null or empty: Choria takes all three for nothing. */
function text(item: JsonObject, key: string, place: string): string | undefined {
  const value = Object.hasOwn(item, key) ? item[key] : undefined;
  if (value === undefined || value === null || value === "") return undefined;
  if (typeof value !== "string") throw fault(`${place}: ${key} is no text`);
  if (value.length > longestText) throw fault(`${place}: ${key} is longer than ${longestText} characters`);
  if (key !== "name" && key !== "match") requireTemplate(value, key, place);
  return value;
}

function requireTemplate(value: string, key: string, place: string): void {
  try {
    parseTemplate(value);
  } catch {
    // The parser's own message quotes the text, which may be a password.
    throw fault(`${place}: ${key} is no valid template; correct what stands in {{ }}`);
  }
}

function fault(message: string): MachinistError {
  return new MachinistError("BAD_VALUE", message);
}

function shown(found: string): string {
  const quoted = JSON.stringify(found);
  return quoted.length <= 60 ? quoted : `${quoted.slice(0, 57)}..."`;
}
