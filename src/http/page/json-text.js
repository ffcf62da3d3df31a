/** JSON as people read it. */

/**
 * Why a text is no JSON, in the words of the browser, or undefined.
 * @param {string} text
 */
export function jsonFault(text) {
  try {
    JSON.parse(text);
    return undefined;
  } catch (cause) {
    return cause instanceof Error ? cause.message : String(cause);
  }
}

/**
 * Objects and lists, one member a line. Numbers, strings and members that come twice stay as they are written: a number with more
 * digits than JavaScript has is not another number.
 * @param {string} text
 * @returns {string | undefined} undefined for anything else
 */
export function prettyJson(text) {
  if (!/^\s*[{[]/.test(text) || jsonFault(text) !== undefined) return undefined;
  const tokens = text.match(/"(?:[^"\\]+|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g) ?? [];
  let depth = 0;
  const parts = tokens.map((token, at) => {
    if (closes(token)) depth -= 1;
    const before = closes(token) && !opens(tokens[at - 1]) ? lineAt(depth) : "";
    if (opens(token)) depth += 1;
    const after = endsLine(token, tokens[at + 1]) ? lineAt(depth) : "";
    return `${before}${token === ":" ? ": " : token}${after}`;
  });
  return parts.join("");
}

/**
 * @param {string} token
 * @param {string | undefined} next
 */
function endsLine(token, next) {
  return token === "," || (opens(token) && !closes(next));
}

/** @param {string | undefined} token */
function opens(token) {
  return token === "{" || token === "[";
}

/** @param {string | undefined} token */
function closes(token) {
  return token === "}" || token === "]";
}

/** @param {number} depth */
function lineAt(depth) {
  return `\n${"  ".repeat(depth)}`;
}
