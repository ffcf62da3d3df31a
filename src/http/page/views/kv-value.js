/** A value as people can read it. A long one is cut until somebody asks for all of it. */
import { useMemo, useState } from "preact/hooks";
import { html } from "../html.js";
import { readable, size, valueBytes } from "./kv-value-text.js";

const longest = 64 * 1024;

/** @param {{ name: string, entry: import("./kv-value-text.js").Entry }} properties */
export function KvValue({ name, entry }) {
  const [isWhole, setIsWhole] = useState(false);
  const [isRaw, setIsRaw] = useState(false);
  const { kind, text } = useMemo(() => readable(entry), [entry]);
  const isFormatted = kind === "JSON" && text !== entry.value;
  const all = isRaw && isFormatted ? (entry.value ?? text) : text;
  const isCut = !isWhole && all.length > longest;
  return html`
    <div class="kv-value">
      <div class="kv-value-head">
        <span class="badge">${kind}</span>
        ${isFormatted && html`<button class="quiet" aria-pressed=${isRaw} onClick=${() => setIsRaw(!isRaw)}>As it is stored</button>`}
        ${navigator.clipboard && entry.value !== undefined && html`<${Copy} text=${entry.value} />`}
        <button class="quiet" onClick=${() => download(name, entry)}>Download</button>
      </div>
      ${
        all === ""
          ? html`<p class="quiet-text kv-empty">The value is empty.</p>`
          : html`<pre class="kv-text" tabindex="0" aria-label="Value">${isCut ? all.slice(0, longest) : all}</pre>`
      }
      ${
        isCut &&
        html`
          <p class="kv-cut">
            Cut: it has ${size(entry.length)}.
            <button onClick=${() => setIsWhole(true)}>Show all</button>
          </p>
        `
      }
    </div>
  `;
}

/** @param {{ text: string }} properties */
function Copy({ text }) {
  const [said, setSaid] = useState("Copy");
  const copy = () =>
    navigator.clipboard.writeText(text).then(
      () => setSaid("Copied"),
      () => setSaid("Not allowed"),
    );
  return html`<button class="quiet" aria-live="polite" onClick=${copy} onBlur=${() => setSaid("Copy")}>${said}</button>`;
}

/**
 * @param {string} name
 * @param {import("./kv-value-text.js").Value} value
 */
function download(name, value) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([valueBytes(value)], { type: "application/octet-stream" }));
  link.download = name.replaceAll("/", "_");
  link.click();
  URL.revokeObjectURL(link.href);
}
