/** What a machine is made of: its YAML, with numbered lines. */
import { may } from "../api.js";
import { html } from "../html.js";
import { Nothing, Problem } from "../notice.js";
import { useResource } from "../resource.js";
import { yamlLines } from "./yaml-lines.js";

/** @param {{ machine: import("./machine-parts.js").Details, path: string }} properties */
export function MachineDefinition({ machine, path }) {
  const version = `${machine.definition} ${machine.faults.join("\n")}`;
  const definition = useResource(may("admin") ? `${path}/definition` : undefined, version);
  if (!may("admin"))
    return html`<${Nothing} title="Not for you to see">A machine file may hold secrets: it is shown to whoever has scope admin.<//>`;
  const { value, error } = definition;
  if (value) return html`<${Texts} definition=${value} />`;
  if (error && "status" in error && error.status === 404)
    return html`<${Nothing} title="No definition">This daemon does not show the files of its machines.<//>`;
  if (error) return html`<${Problem} error=${error} onRetry=${definition.reload} />`;
  return html`<p class="waiting" role="status">Reading…</p>`;
}

/**
 * @typedef {object} Definition
 * @property {string | null} version
 * @property {string | null} hash
 * @property {string} file
 * @property {string | null} text what runs; without a machine, the file as it is
 * @property {string | null} edited the file as it is now, when something else runs
 * @property {readonly import("./machine-faults.js").Fault[]} faults
 */

/** @param {{ definition: Definition }} properties */
function Texts({ definition: { version, hash, file, text, edited, faults } }) {
  const marked = new Map(faults.map(({ line, severity }) => [line, severity]));
  return html`
    <div class="machine-definition">
      <p class="definition-file"><code>${file}</code> ${hash && html`<span class="quiet-text">sha256 <code title=${hash}>${hash.slice(0, 12)}</code></span>`}</p>
      ${edited !== null && html`<h2>The file as it is now</h2><${Yaml} text=${edited} marked=${marked} /><h2>What runs, version ${version}</h2>`}
      ${text === null ? html`<${Nothing} title="Not readable">The file could not be read.<//>` : html`<${Yaml} text=${text} marked=${edited === null ? marked : new Map()} />`}
    </div>
  `;
}

/** @param {{ text: string, marked: ReadonlyMap<number, string> }} properties */
function Yaml({ text, marked }) {
  return html`
    <pre class="yaml" tabindex="0">${yamlLines(text).map(
      (parts, index) =>
        html`<span key=${index} class=${`yaml-line ${marked.get(index + 1) ?? ""}`}>${parts.map(({ kind, text }) => (kind === "plain" ? text : html`<span class=${`yaml-${kind}`}>${text}</span>`))}${"\n"}</span>`,
    )}</pre>
  `;
}
