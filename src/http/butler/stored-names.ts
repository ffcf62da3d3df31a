/**
 * Names of Butler, which may have any characters, as names of the store: what is legal there stays as it is, every other byte
 * becomes `=` and two hex digits, and so does an `=` that would read as the beginning of such.
 */

/** How the empty name is written; the name `=` is escaped, to be told from it. */
const emptyName = "=";
const escapeSequence = /=([0-9A-F]{2})/;
const ambiguous = /^=$|=(?=[0-9A-F]{2})/g;
const illegal = /[^-/=.\w]/gu;
/** A dot separates tokens: it stands neither at an end nor beside another one. */
const misplacedDot = /^[.]|[.]$|[.](?=[.])/g;

/**
 * One token: a dot is escaped too, and `_kv`, with which no key begins.
 * @example
 * storedNamespace("Sales ETL"); // => "Sales=20ETL"
 */
export function storedNamespace(name: string): string {
  return escaped(name).replaceAll(".", "=2E").replace(/^_kv/, "=5Fkv");
}

/**
 * The key of the store: `NAMESPACE.KEY`.
 * @example
 * storedKey("ns1", "limits.memory"); // => "ns1.limits.memory"
 */
export function storedKey(namespace: string, key: string): string {
  return `${storedNamespace(namespace)}.${escaped(key)}`;
}

/** The namespace and the key in a key of the store; the key is undefined where there is no dot. */
export function namesIn(stored: string): { readonly namespace: string; readonly key: string | undefined } {
  const dot = stored.indexOf(".");
  if (dot === -1) return { namespace: unescaped(stored), key: undefined };
  return { namespace: unescaped(stored.slice(0, dot)), key: unescaped(stored.slice(dot + 1)) };
}

function escaped(name: string): string {
  if (name === "") return emptyName;
  return name.replace(ambiguous, bytesOf).replace(illegal, bytesOf).replace(misplacedDot, bytesOf);
}

function unescaped(stored: string): string {
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
