/** Two revisions of a key, line by line. */
import { html } from "../html.js";
import { Problem } from "../notice.js";
import { useResource } from "../resource.js";
import { KvDiff } from "./kv-diff.js";
import { readable } from "./kv-value-text.js";

/** @typedef {import("./kv-value-text.js").Entry} Entry */

/** @param {{ path: string, from: Entry, to: Entry }} properties */
export function KvComparison({ path, from, to }) {
  const before = useResource(pathOf(path, from));
  const after = useResource(pathOf(path, to));
  const error = before.error ?? after.error;
  const title = `From revision ${from.revision} to ${to.revision}`;
  return html`
    <h3 class="kv-comparison-title">${title}</h3>
    ${error ? html`<${Problem} error=${error} />` : html`<${Texts} title=${title} before=${entryOf(from, before.value)} after=${entryOf(to, after.value)} />`}
  `;
}

/** @param {{ title: string, before: Entry | undefined, after: Entry | undefined }} properties */
function Texts({ title, before, after }) {
  if (!before || !after) return html`<p class="waiting">Asking the daemon…</p>`;
  const [left, right] = [textOf(before), textOf(after)];
  if (left === right && before.value !== after.value)
    return html`<p class="quiet-text">Only the space between the parts of the JSON differs.</p>`;
  return html`<${KvDiff} before=${left} after=${right} label=${title} />`;
}

/**
 * Markers have no value that could be asked for.
 * @param {string} path
 * @param {Entry} entry
 */
function pathOf(path, { operation, revision }) {
  return operation === "PUT" ? `${path}?revision=${revision}` : undefined;
}

/**
 * @param {Entry} entry
 * @param {Entry | undefined} found
 */
function entryOf(entry, found) {
  return entry.operation === "PUT" ? found : entry;
}

/** @param {Entry} entry */
function textOf(entry) {
  return entry.operation === "PUT" ? readable(entry).text : "";
}
