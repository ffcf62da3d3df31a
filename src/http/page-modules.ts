/** Which modules of the page need which. */
import { posix } from "node:path";

/**
 * A module and all that it cannot begin without, in the order in which they are come upon; what it imports only when it is needed is not among them.
 * @param texts file → text
 * @param names bare name → file
 */
export function neededBy(
  first: string,
  texts: ReadonlyMap<string, Buffer>,
  names: ReadonlyMap<string, string>,
): readonly string[] {
  const found = new Set([first]);
  // What is added meanwhile comes in this loop, too.
  for (const file of found) {
    for (const [, specifier = ""] of `${texts.get(file)}`.matchAll(/\bfrom\s*"([^"]+)"/g)) {
      const wanted = names.get(specifier) ?? posix.join(posix.dirname(file), specifier);
      if (texts.has(wanted)) found.add(wanted);
    }
  }
  return [...found];
}
