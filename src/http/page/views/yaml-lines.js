/** YAML in parts that can be given colors: good enough to read by, not a parser. Pure. */

/**
 * @typedef {object} Part
 * @property {"plain" | "key" | "string" | "comment" | "value"} kind
 * @property {string} text
 */

/** What may begin a line before its key: space, and the marks of list items. */
const indent = /^[ \t]*(?:- +)*/;
const patterns = /** @type {const} */ ([
  ["comment", /^#.*/],
  ["string", /^(?:"(?:[^"\\]|\\.)*"|'(?:[^']|'')*')(?!\s*:(?:\s|$))/],
  ["key", /^(?:"[^"]*"|'[^']*'|[^\s{}[\],&*#?|<>=!%@`"':-][^{}[\],#"':]*)(?=\s*:(?:\s|$))/],
  ["value", /^(?:true|false|null|~|-?\d[\d_.]*(?:[eE][+-]?\d+)?(?:ms|s|m|h|d|w)?)(?=\s*(?:[,\]}#]|$))/],
]);
/** A value that goes on in the lines below that are further in. */
const blockStart = /(?::|-)\s+[|>][+\-\d]*\s*(?:#.*)?$/;

/**
 * @param {string} text
 * @returns {readonly (readonly Part[])[]} by line
 */
export function yamlLines(text) {
  /** Of the line that began a block of text; undefined outside of one. */
  let block = /** @type {number | undefined} */ (undefined);
  return text
    .replace(/\n$/, "")
    .split("\n")
    .map((line) => {
      const depth = line.search(/\S/);
      if (block !== undefined && (depth > block || depth === -1)) return [{ kind: "string", text: line }];
      block = blockStart.test(line) ? depth : undefined;
      return partsOf(line);
    });
}

/**
 * @param {string} line
 * @returns {Part[]}
 */
function partsOf(line) {
  const before = indent.exec(line)?.[0] ?? "";
  /** @type {Part[]} */
  const parts = before === "" ? [] : [{ kind: "plain", text: before }];
  let at = before.length;
  while (at < line.length) {
    const part = partAt(line, at);
    const last = parts.at(-1);
    if (part.kind === "plain" && last?.kind === "plain") last.text += part.text;
    else parts.push(part);
    at += part.text.length;
  }
  return parts;
}

/**
 * @param {string} line
 * @param {number} at
 * @returns {Part}
 */
function partAt(line, at) {
  const rest = line.slice(at);
  // Something begins after a space or a bracket only: a colon or a # inside a word is of the word.
  if (at === 0 || /[\s{[,]/.test(line[at - 1] ?? ""))
    for (const [kind, pattern] of patterns) {
      const found = pattern.exec(rest)?.[0];
      if (found) return { kind, text: found };
    }
  return { kind: "plain", text: rest[0] ?? "" };
}
