/** Which keys a text means: a filter of NATS where it has `*` or `>`, else words that must all be in the key. */

/**
 * @param {string} text
 * @returns {(key: string) => boolean}
 */
export function keyFilter(text) {
  const wanted = text.trim();
  if (/[*>]/.test(wanted)) return (key) => isMatch(wanted.split("."), key.split("."));
  const words = wanted.toLowerCase().split(/\s+/).filter(Boolean);
  return (key) => words.every((word) => key.toLowerCase().includes(word));
}

/**
 * `*` is one token, `>` at the end all that follow.
 * @param {readonly string[]} filter
 * @param {readonly string[]} tokens
 */
function isMatch(filter, tokens) {
  const takesRest = filter.at(-1) === ">";
  const fixed = takesRest ? filter.slice(0, -1) : filter;
  if (takesRest ? tokens.length <= fixed.length : tokens.length !== fixed.length) return false;
  return fixed.every((token, at) => token === "*" || token === tokens[at]);
}
