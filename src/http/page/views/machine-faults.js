/** What is wrong with a machine's file, with the lines around each place. */
import { may } from "../api.js";
import { html } from "../html.js";
import { useResource } from "../resource.js";

/**
 * @typedef {object} Fault
 * @property {string} file
 * @property {number} line
 * @property {number} column
 * @property {"error" | "warning"} severity
 * @property {string} message
 * @property {string} frame the lines around the place, a caret below it; may be empty
 */

/** @param {{ machine: import("./machine-parts.js").Details, path: string }} properties `machine` has faults */
export function MachineFaults({ machine, path }) {
  const { faults, health } = machine;
  // Frames show the file, which may hold secrets: only an admin has them.
  const definition = useResource(may("admin") ? `${path}/definition` : undefined, faults.join("\n"));
  /** @type {readonly Fault[] | undefined} */
  const framed = definition.value?.faults;
  const isBad = health === "faulty";
  const lines = definition.value?.problem && isBad ? [definition.value.problem] : [];
  const list = html`<ul class="faults">${framed ? [...lines.map((line) => html`<li key=${line}>${line}</li>`), ...framed.map((fault) => html`<${FramedFault} key=${`${fault.line}:${fault.column} ${fault.message}`} fault=${fault} />`)] : faults.map((line) => html`<li key=${line}>${line}</li>`)}</ul>`;
  if (!isBad)
    return html`<details class="machine-faults warnings"><summary>${faults.length} ${faults.length === 1 ? "warning" : "warnings"} about its file</summary>${list}</details>`;
  return html`
    <section class="machine-faults" role="alert" aria-label="What is wrong">
      <p><b>${machine.state === null ? "This machine does not run." : "Its file was edited into something that cannot run."}</b> ${whatRuns(machine)}</p>
      ${list}
    </section>
  `;
}

/** @param {{ fault: Fault }} properties */
function FramedFault({ fault: { file, line, column, message, severity, frame } }) {
  return html`
    <li class=${severity}>
      <p class="fault-message">${message}</p>
      <p class="fault-place">${file}:${line}:${column}</p>
      ${frame !== "" && html`<pre class="fault-frame" tabindex="0" aria-label=${`Lines around line ${line}`}>${frame}</pre>`}
    </li>
  `;
}

/** @param {import("./machine-parts.js").Details} machine */
function whatRuns({ state, version, file }) {
  if (state === null) return `Mend ${file}, and it starts at once.`;
  return `The last good definition, version ${version}, runs on; it is replaced as soon as the file is mended.`;
}
