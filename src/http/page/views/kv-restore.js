/** Puts the value of an older revision again, if nobody has changed the key meanwhile. */
import { get } from "../api.js";
import { Dialog } from "../dialog.js";
import { html } from "../html.js";
import { putEntry } from "./kv-store.js";

/** @param {{ path: string, revision: number, newest: import("./kv-value-text.js").Entry | undefined, onClose: () => void }} properties */
export function KvRestore({ path, revision, newest, onClose }) {
  const restore = async () => {
    const { value, valueBase64 } = await get(`${path}?revision=${revision}`);
    await putEntry(path, value === undefined ? { valueBase64 } : { value }, newest?.revision ?? "absent");
  };
  return html`
    <${Dialog} title=${`Restore revision ${revision}?`} action="Put it again" onConfirm=${restore} onClose=${onClose}>
      <p>
        The value of revision ${revision} becomes the newest, with a revision of its own.
        ${newest ? ` It replaces revision ${newest.revision}; when somebody has changed the key since, nothing is put.` : " When somebody has put a value meanwhile, nothing is put."}
      </p>
    <//>
  `;
}
