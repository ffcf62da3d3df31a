/** Deletes or purges a key, if it is still what was in sight. */
import { Dialog } from "../dialog.js";
import { html } from "../html.js";
import { removeEntry } from "./kv-store.js";

/**
 * @param {object} properties
 * @param {string} properties.path
 * @param {string} properties.name
 * @param {number} properties.revision that was in sight
 * @param {boolean} properties.hasPast whether the bucket keeps older revisions
 * @param {boolean} properties.purge
 * @param {() => void} properties.onClose
 */
export function KvRemove({ path, name, revision, hasPast, purge, onClose }) {
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
        ${whatHappens(purge, hasPast)}
        ${" "}When somebody has changed it since revision ${revision}, it is not touched.
      </p>
    <//>
  `;
}

/**
 * @param {boolean} purge
 * @param {boolean} hasPast
 */
function whatHappens(purge, hasPast) {
  if (purge) return "Its value and all its older revisions go, for good; only the mark of the purge stays.";
  if (!hasPast) return "Its value goes, for good: this bucket keeps no older revisions.";
  return "It has no value then. Its older revisions stay as long as the bucket keeps them, and can be restored.";
}
