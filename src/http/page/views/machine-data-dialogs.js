/** Asks before an item of a machine's data is set or removed, and says what is there now. */
import { useState } from "preact/hooks";
import { ask } from "../api.js";
import { Dialog } from "../dialog.js";
import { html } from "../html.js";

/**
 * @typedef {object} ItemQuestion
 * @property {import("./machine-parts.js").Details} machine
 * @property {string} item
 * @property {string} path of the machine
 * @property {() => void} onClose
 */

/** @param {Omit<ItemQuestion, "item"> & { item: string | undefined }} properties */
export function SetDialog({ machine, item, path, onClose }) {
  const [name, setName] = useState(item ?? "");
  const [text, setText] = useState(() =>
    item === undefined ? "" : JSON.stringify(machine.data[item], null, 2),
  );
  const fault = text.trim() === "" ? "" : faultOf(text);
  const set = async () => {
    if (faultOf(text)) throw new Error(faultOf(text));
    await ask("PUT", itemPath(path, name), { body: { value: JSON.parse(text) } });
  };
  return html`
    <${Dialog} title=${item === undefined ? "Set an item" : `Set ${item}`} action=${name === "" ? "Set" : `Set ${name}`} onConfirm=${set} onClose=${onClose}>
      ${item === undefined && html`<label class="field">Name<input required autofocus value=${name} onInput=${(/** @type {{ currentTarget: HTMLInputElement }} */ { currentTarget }) => setName(currentTarget.value)} /></label>`}
      <${Now} machine=${machine} item=${name} />
      <label class="field">New value, as JSON
        <textarea required rows="5" autofocus=${item !== undefined} spellcheck="false" aria-invalid=${fault !== ""} aria-describedby="value-fault" value=${text} onInput=${(/** @type {{ currentTarget: HTMLTextAreaElement }} */ { currentTarget }) => setText(currentTarget.value)}></textarea>
      </label>
      <p id="value-fault" class="field-fault" aria-live="polite">${fault}</p>
      <p class="quiet-text">It is kept at once, and watchers of ${machine.name} that read its data look again.</p>
    <//>
  `;
}

/** @param {ItemQuestion} properties */
export function RemoveDialog({ machine, item, path, onClose }) {
  const remove = async () => {
    await ask("DELETE", itemPath(path, item));
  };
  return html`
    <${Dialog} title=${`Remove ${item}?`} action=${`Remove ${item}`} isDangerous onConfirm=${remove} onClose=${onClose}>
      <p><b>${machine.name}</b> forgets <b>${item}</b>. Conditions and templates that read it find nothing there.</p>
      <${Now} machine=${machine} item=${item} />
    <//>
  `;
}

/** @param {{ machine: import("./machine-parts.js").Details, item: string }} properties */
function Now({ machine: { data }, item }) {
  if (item === "") return null;
  if (!Object.hasOwn(data, item))
    return html`<p class="quiet-text">There is no ${item} now: it will be new.</p>`;
  return html`<div class="field">Now it is<pre class="old-value" tabindex="0">${JSON.stringify(data[item], null, 2)}</pre></div>`;
}

/**
 * @param {string} path
 * @param {string} item
 */
function itemPath(path, item) {
  return `${path}/data/${encodeURIComponent(item)}`;
}

/**
 * @param {string} text
 * @returns {string} empty: it is JSON
 */
function faultOf(text) {
  try {
    JSON.parse(text);
    return "";
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    return `That is not JSON: ${reason}. Text stands in "double quotes".`;
  }
}
