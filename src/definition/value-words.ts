/** A value of a document as an error message names it. */

const longest = 60;

/** `"web"`, `5`, `a list`, `a map`, `nothing`. */
export function foundText(value: unknown): string {
  if (value === null || value === undefined) return "nothing";
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  if (typeof value === "object") return "a map";
  return typeof value === "string" ? quoted(value) : String(value);
}

/** The text in quotes, the end left out when it is long. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > longest ? `${text.slice(0, longest)}…` : text);
}

/** `a`, `a or b`, `a, b or c`; never cut. */
export function choice(words: readonly string[], joint = "or"): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} ${joint} ${words.at(-1)}`;
}
