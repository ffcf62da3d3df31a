/** A JSON value as a tree that folds, with what changed last marked. */
import { html } from "../html.js";
import { pathKey, unchanged } from "./machine-data-changes.js";

/**
 * @param {object} properties
 * @param {string} properties.name
 * @param {unknown} properties.value
 * @param {readonly string[]} properties.path
 * @param {import("./machine-data-changes.js").Changes} [properties.changes]
 * @param {number} [properties.unfolded] so many levels are open at first; long lists never are
 */
export function JsonNode({ name, value, path, changes = unchanged, unfolded = Number.POSITIVE_INFINITY }) {
  const isChanged = changes.before.has(pathKey(path));
  const mark = isChanged && html`<${Was} before=${changes.before.get(pathKey(path))} />`;
  if (typeof value !== "object" || value === null || Object.keys(value).length === 0)
    return html`<div class=${`json-leaf ${isChanged ? "changed" : ""}`}><span class="json-name">${name}</span> <code class=${`json-value ${kindOf(value)}`}>${JSON.stringify(value)}</code> ${mark}</div>`;
  const members = Object.entries(value);
  const size = Array.isArray(value)
    ? `list of ${members.length}`
    : `${members.length} ${members.length === 1 ? "item" : "items"}`;
  return html`
    <details class="json-branch" open=${path.length <= unfolded && members.length <= 20}>
      <summary class=${isChanged ? "changed" : ""}><span class="json-name">${name}</span> <span class="quiet-text">${size}</span> ${mark}</summary>
      <ul>${members.map(([key, member]) => html`<li key=${key}><${JsonNode} name=${key} value=${member} path=${[...path, key]} changes=${changes} unfolded=${unfolded} /></li>`)}</ul>
    </details>
  `;
}

/** @param {{ before: unknown }} properties */
function Was({ before }) {
  const text = before === undefined ? "new" : `was ${shortened(JSON.stringify(before))}`;
  return html`<span class="json-was">${text}</span>`;
}

/** @param {string} text */
function shortened(text) {
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}

/** @param {unknown} value */
function kindOf(value) {
  return value === null ? "null" : typeof value;
}
