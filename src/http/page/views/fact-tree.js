/** Objects and lists that fold, and the plain values in them. */
import { html } from "../html.js";

/** @param {{ value: unknown, depth?: number }} properties what is deeper than the first level is folded at first */
export function FactTree({ value, depth = 0 }) {
  return html`
    <ul class="fact-tree">
      ${entriesOf(value).map(
        ([name, child]) =>
          html`<li key=${name}>${isBranch(child) ? html`<${Branch} name=${name} value=${child} depth=${depth} />` : html`<${Leaf} name=${name} value=${child} />`}</li>`,
      )}
    </ul>
  `;
}

/** @param {{ name: string, value: object, depth: number }} properties */
function Branch({ name, value, depth }) {
  const count = Object.keys(value).length;
  const kind = Array.isArray(value) ? `list of ${count}` : `${count}`;
  return html`
    <details open=${depth === 0 && count <= 20}>
      <summary><span class="fact-name">${name}</span> <span class="count">${kind}</span></summary>
      <${FactTree} value=${value} depth=${depth + 1} />
    </details>
  `;
}

/** @param {{ name: string, value: unknown }} properties */
function Leaf({ name, value }) {
  return html`<span class="fact-leaf"><span class="fact-name">${name}</span> <code class=${`fact-${typeof value}`}>${typeof value === "string" ? value : JSON.stringify(value)}</code></span>`;
}

/** @param {unknown} value @returns {value is object} */
function isBranch(value) {
  return typeof value === "object" && value !== null && Object.keys(value).length > 0;
}

/** @param {unknown} value @returns {readonly [string, unknown][]} */
function entriesOf(value) {
  return typeof value === "object" && value !== null ? Object.entries(value) : [];
}
