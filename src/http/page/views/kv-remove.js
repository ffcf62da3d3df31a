/** Deletes or purges a key, if it is still what was in sight. */
import { Dialog } from "../dialog.js";
import { html } from "../html.js";
import { removeEntry } from "./kv-store.js";

/** @param {{ path: string, name: string, revision: number, purge: boolean, onClose: () => void }} properties */
export function KvRemove({ path, name, revision, purge, onClose }) {
  const verb = purge ? "Purge" : "Delete";
  return html`
    <${Dialog}
      title=${`${verb} this key?`}
      action=${`${verb} it`}
      isDangerous
      onConfirm=${() => removeEntry(path, revision, { purge })}
      onClose=${onClose}
    >
      <p><code class="kv-key-title">${name}</code></p>
      <p>
        ${
          purge
            ? "Its value and all its older revisions go, for good; only the mark of the purge stays."
            : "It has no value then. Its older revisions stay as long as the bucket keeps them, and can be restored."
        }
        ${" "}When somebody has changed it since revision ${revision}, it is not touched.
      </p>
    <//>
  `;
}
