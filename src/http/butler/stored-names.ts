/** Names of Butler, which may have any characters, as names of the store. */
import { nameIn, storedAfter, storedName } from "../../kv/any-name.ts";

/**
 * One token: a dot is escaped too.
 * @example
 * storedNamespace("Sales ETL"); // => "Sales=20ETL"
 */
export function storedNamespace(name: string): string {
  return storedName(name).replaceAll(".", "=2E");
}

/**
 * The key of the store: `NAMESPACE.KEY`.
 * @example
 * storedKey("ns1", "limits.memory"); // => "ns1.limits.memory"
 */
export function storedKey(namespace: string, key: string): string {
  return `${storedNamespace(namespace)}.${storedAfter(key)}`;
}

/** The namespace and the key in a key of the store; the key is undefined where there is no dot. */
export function namesIn(stored: string): { readonly namespace: string; readonly key: string | undefined } {
  const dot = stored.indexOf(".");
  if (dot === -1) return { namespace: nameIn(stored), key: undefined };
  return { namespace: nameIn(stored.slice(0, dot)), key: nameIn(stored.slice(dot + 1)) };
}
