/**
 * Names that may have any characters, as keys of the store: what is legal there stays as it is, every other byte becomes `=` and two
 * hex digits, and so does an `=` that would read as the beginning of such.
 */

/** How the empty name is written; the name `=` is escaped, to be told from it. */
const emptyName = "=";
const escapeSequence = /=([0-9A-F]{2})/;
const ambiguous = /^=$|=(?=[0-9A-F]{2})/g;
const illegal = /[^-/=.\w]/gu;
/** A dot separates tokens: it stands neither at an end nor beside another one. */
const misplacedDot = /^[.]|[.]$|[.](?=[.])/g;
/** No key begins so: kept for the store. */
const reserved = /^_(?=kv)/;

/**
 * @example
 * storedName("Sales ETL"); // => "Sales=20ETL"
 * storedName("limits.memory"); // => "limits.memory"
 */
export function storedName(name: string): string {
  return storedAfter(name).replace(reserved, bytesOf);
}

/** The same for a name that stands in a key after others, where nothing is kept for the store. */
export function storedAfter(name: string): string {
  if (name === "") return emptyName;
  return [ambiguous, illegal, misplacedDot].reduce((text, what) => text.replace(what, bytesOf), name);
}

/** What `storedName` or `storedAfter` was given. */
export function nameIn(stored: string): string {
  if (stored === emptyName) return "";
  // Every second part is the two digits of a byte.
  const parts = stored.split(escapeSequence);
  return Buffer.concat(parts.map((part, at) => Buffer.from(part, at % 2 === 1 ? "hex" : "utf8"))).toString();
}

function bytesOf(text: string): string {
  return Array.from(Buffer.from(text), (byte) => `=${byte.toString(16).toUpperCase().padStart(2, "0")}`).join(
    "",
  );
}
