/** Puts a key that nobody has: one that exists is refused, and stays as it is. */
import { useRef } from "preact/hooks";
import { Dialog } from "../dialog.js";
import { html } from "../html.js";
import { goTo, linkTo } from "../route.js";
import { Amount, amountIn, timeUnits } from "./kv-amount.js";
import { entryPath, putEntry } from "./kv-store.js";

/** @param {{ bucket: string, hasTtl: boolean, onClose: () => void }} properties */
export function KvNewKey({ bucket, hasTtl, onClose }) {
  const fields = useRef(/** @type {HTMLDivElement | null} */ (null));
  const make = async () => {
    const form = new FormData(fields.current?.closest("form") ?? undefined);
    const key = String(form.get("key"));
    const ttlMs = amountIn(form, "ttl", timeUnits);
    // A form sends the line ends of the net.
    const value = String(form.get("value")).replaceAll("\r\n", "\n");
    await putEntry(entryPath(bucket, key), { value, ...(ttlMs !== undefined && { ttlMs }) }, "absent");
    goTo(linkTo(["kv", bucket, key]));
  };
  return html`
    <${Dialog} title="New key" action="Put it" onConfirm=${make} onClose=${onClose}>
      <div class="fields" ref=${fields}>
        <p class="quiet-text">Whoever watches ${bucket} sees it at once. When the key has a value already, nothing is changed.</p>
        <label class="field">Key
          <input name="key" class="mono" required maxlength="1024" autocomplete="off" spellcheck=${false} placeholder="app.web.port" />
        </label>
        <label class="field">Value <textarea name="value" rows="8" spellcheck=${false}></textarea></label>
        ${hasTtl && html`<${Amount} name="ttl" label="Ends after" none="never" units=${timeUnits} unit="minutes" />`}
      </div>
    <//>
  `;
}
