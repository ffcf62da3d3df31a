/** Makes a bucket. */
import { useRef } from "preact/hooks";
import { ask } from "../api.js";
import { Dialog } from "../dialog.js";
import { html } from "../html.js";
import { goTo, linkTo } from "../route.js";
import { Amount, amountIn, sizeUnits, timeUnits } from "./kv-amount.js";
import { bucketPath } from "./kv-store.js";

/** @param {{ onClose: () => void }} properties */
export function KvNewBucket({ onClose }) {
  const fields = useRef(/** @type {HTMLDivElement | null} */ (null));
  const make = async () => {
    const form = new FormData(fields.current?.closest("form") ?? undefined);
    const name = String(form.get("name"));
    await ask("PUT", bucketPath(name), { body: settingsIn(form) });
    goTo(linkTo(["kv", name]));
  };
  return html`
    <${Dialog} title="New bucket" action="Make it" onConfirm=${make} onClose=${onClose}>
      <div class="fields" ref=${fields}>
        <p class="quiet-text">It is there at once, for machines, the command line and everybody else who asks this daemon.</p>
        <label class="field">Name
          <input name="name" required maxlength="252" autocomplete="off" spellcheck=${false} placeholder="letters, digits, - and _" />
        </label>
        <label class="field">Description <input name="description" autocomplete="off" /></label>
        <label class="field">Revisions kept of each key <input name="history" type="number" min="1" max="64" value="10" required /></label>
        <${Amount} name="ttl" label="Values end after" none="never" units=${timeUnits} unit="hours" />
        <${Amount} name="maxBytes" label="Largest size of the bucket" none="no limit" units=${sizeUnits} unit="MiB" />
        <${Amount} name="maxValueSize" label="Largest value" none="limit of the store" units=${sizeUnits} unit="KiB" />
        <label class="check"><input name="keyTtl" type="checkbox" /> Single keys may have a ttl of their own</label>
      </div>
    <//>
  `;
}

/** How long the marker of an end stays, in a bucket where nothing else is shorter. */
const markerTtlMs = 60_000;

/** @param {FormData} form */
function settingsIn(form) {
  const ttlMs = amountIn(form, "ttl", timeUnits);
  const maxBytes = amountIn(form, "maxBytes", sizeUnits);
  const maxValueSize = amountIn(form, "maxValueSize", sizeUnits);
  return {
    history: Number(form.get("history")),
    description: String(form.get("description")),
    ...(ttlMs !== undefined && { ttlMs }),
    ...(maxBytes !== undefined && { maxBytes }),
    ...(maxValueSize !== undefined && { maxValueSize }),
    ...(form.has("keyTtl") && { markerTtlMs: Math.min(markerTtlMs, ttlMs ?? markerTtlMs) }),
  };
}
