/**
 * A specification: what is to be installed, packed and perhaps signed. `{"plugins": BASE64, "signature": HEX}`, or the same with
 * `machines`; the base64 text holds a JSON list of entries.
 */
import { isSignedBy, signatureOf } from "../ed25519.ts";
import { MachinistError } from "../errors.ts";
import { isJsonObject, type Json } from "../json.ts";
import { readEntries, type SpecificationEntry } from "./entry.ts";

/** Also the name of the item that holds the entries. */
export type SpecificationKind = "plugins" | "machines";

export interface PackedSpecification {
  readonly plugins?: string;
  readonly machines?: string;
  readonly signature?: string;
}

/** What a signature is made of: Choria signs the base64 text of plugins, and what the text of machines stands for. */
const signedBytes: Readonly<Record<SpecificationKind, (packed: string) => Uint8Array>> = {
  plugins: (packed) => Buffer.from(packed, "utf8"),
  machines: (packed) => decoded(packed),
};

/**
 * @param list JSON text of the entries, packed byte for byte
 * @param seed left out: unsigned
 * @throws BAD_VALUE when the list is not one of entries, INVALID_ARGUMENT for a bad seed
 */
export function packSpecification(
  kind: SpecificationKind,
  list: Uint8Array,
  seed?: string,
): PackedSpecification {
  entriesOf(list);
  const packed = Buffer.from(list).toString("base64");
  const signature = seed === undefined ? undefined : signatureOf(signedBytes[kind](packed), seed);
  return { [kind]: packed, ...(signature === undefined ? {} : { signature }) };
}

/** Why the value is not signed by the key, or undefined when it is. @throws INVALID_ARGUMENT when the key is none */
export function whyUnverified(kind: SpecificationKind, value: Json, publicKey: string): string | undefined {
  const signature = isJsonObject(value) ? value["signature"] : undefined;
  if (signature === undefined || signature === "") return "it has no signature";
  try {
    const isSigned =
      typeof signature === "string" &&
      isSignedBy(publicKey, signedBytes[kind](packedOf(kind, value)), signature);
    return isSigned ? undefined : "its signature is not one of the configured key over this content";
  } catch (cause) {
    if (cause instanceof MachinistError && cause.code === "BAD_VALUE") return cause.message;
    throw cause;
  }
}

/** The entries; says nothing of the signature. @throws BAD_VALUE naming what is wrong, and in which entry */
export function readSpecification(kind: SpecificationKind, value: Json): readonly SpecificationEntry[] {
  return entriesOf(decoded(packedOf(kind, value)));
}

/** The kind that a specification is of, by the item that it has; undefined when it has none or both. */
export function kindOfSpecification(value: Json): SpecificationKind | undefined {
  const has = (kind: SpecificationKind): boolean => isJsonObject(value) && Object.hasOwn(value, kind);
  if (has("plugins") === has("machines")) return undefined;
  return has("plugins") ? "plugins" : "machines";
}

function packedOf(kind: SpecificationKind, value: Json): string {
  const packed = isJsonObject(value) && Object.hasOwn(value, kind) ? value[kind] : undefined;
  if (typeof packed === "string") return packed;
  throw new MachinistError(
    "BAD_VALUE",
    `it has no text ${kind}; write what \`machinist plugins pack\` makes`,
  );
}

/** Line breaks aside, only base64 with its padding: what a lenient decoder drops would not be covered by a signature. */
function decoded(packed: string): Uint8Array {
  const text = packed.replace(/[\r\n]/g, "");
  if (text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text)) return Buffer.from(text, "base64");
  throw new MachinistError(
    "BAD_VALUE",
    "its content is no base64; write what `machinist plugins pack` makes",
  );
}

function entriesOf(list: Uint8Array): readonly SpecificationEntry[] {
  return readEntries(parsed(list));
}

function parsed(list: Uint8Array): Json {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(list));
  } catch {
    // The parser's own message quotes the text, which may hold passwords.
    throw new MachinistError("BAD_VALUE", "its content is no JSON; expected a JSON list of entries");
  }
}
