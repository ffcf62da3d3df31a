/** One machine. */
import { html } from "../html.js";
import { useResource } from "../resource.js";

/** @param {{ name: string, query: Readonly<Record<string, string>> }} properties */
export function MachineView({ name }) {
  const { value } = useResource(`/v1/machines/${encodeURIComponent(name)}`);
  return html`<section class="panel" aria-label=${name}><h1>${name}</h1><pre>${JSON.stringify(value, null, 2)}</pre></section>`;
}
