/** A question in front of everything else: focus stays in it, Escape answers no. */
import { useEffect, useRef, useState } from "preact/hooks";
import { html } from "./html.js";

/**
 * @param {object} properties
 * @param {string} properties.title
 * @param {string} properties.action what the button says that does it
 * @param {boolean} [properties.isDangerous]
 * @param {() => Promise<void>} properties.onConfirm its refusal is shown, and the dialog stays
 * @param {() => void} properties.onClose
 * @param {unknown} properties.children says what will happen
 */
export function Dialog({ title, action, isDangerous = false, onConfirm, onClose, children }) {
  const element = useRef(/** @type {HTMLDialogElement | null} */ (null));
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState("");
  useEffect(() => element.current?.showModal(), []);
  /** @param {Event} event */
  const confirm = async (event) => {
    event.preventDefault();
    setBusy(true);
    setRefused("");
    try {
      await onConfirm();
      // Closed, not only taken away: so focus goes back to where it was.
      element.current?.close();
    } catch (cause) {
      setRefused(cause instanceof Error ? cause.message : String(cause));
      setBusy(false);
    }
  };
  return html`
    <dialog ref=${element} aria-labelledby="dialog-title" onClose=${onClose}>
      <form onSubmit=${confirm}>
        <h2 id="dialog-title">${title}</h2>
        <div class="dialog-body">${children}</div>
        ${refused && html`<p class="refusal" role="alert">${refused}</p>`}
        <div class="dialog-actions">
          <button type="button" onClick=${() => element.current?.close()}>Cancel</button>
          <button class=${isDangerous ? "danger" : "primary"} disabled=${busy}>${action}</button>
        </div>
      </form>
    </dialog>
  `;
}
