/** What is said of a bucket as a whole, and its end. */
import { useState } from "preact/hooks";
import { ask, may } from "../api.js";
import { Dialog } from "../dialog.js";
import { html } from "../html.js";
import { Problem } from "../notice.js";
import { goTo, linkTo } from "../route.js";
import { Age, duration } from "../time.js";
import { Fill } from "./kv-buckets.js";
import { bucketPath, isOfDaemon } from "./kv-store.js";
import { size } from "./kv-value-text.js";

/**
 * @param {object} properties
 * @param {string} properties.name
 * @param {import("../resource.js").Resource<import("./kv-store.js").Bucket>} properties.settings
 * @param {number} properties.count of keys with a value
 */
export function KvBucketFacts({ name, settings: { value, error, reload }, count }) {
  const [isEnding, setIsEnding] = useState(false);
  return html`
    <section class="panel kv-facts" aria-label=${name}>
      <div class="panel-head">
        <h1>${name}</h1>
        ${may("admin") && !isOfDaemon(name) && html`<button class="quiet" onClick=${() => setIsEnding(true)}>Remove the bucket…</button>`}
      </div>
      ${error && html`<${Problem} error=${error} onRetry=${reload} />`}
      ${value && html`<${Facts} bucket=${value} count=${count} />`}
      ${isEnding && html`<${RemoveBucket} name=${name} count=${count} onClose=${() => setIsEnding(false)} />`}
    </section>
  `;
}

/** @param {{ bucket: import("./kv-store.js").Bucket, count: number }} properties */
function Facts({ bucket, count }) {
  const { description, values, bytes, maxBytes, maxValueSize, history, ttlMs, markerTtlMs } = bucket;
  return html`
    ${description && html`<p class="kv-description">${description}</p>`}
    ${isOfDaemon(bucket.bucket) && html`<p class="kv-caution">The daemon keeps this bucket for itself: what is changed here by hand may stop a machine.</p>`}
    <dl class="kv-fact-list">
      <div><dt>Keys with a value</dt><dd>${count.toLocaleString("en")}</dd></div>
      <div><dt>Entries kept</dt><dd>${values.toLocaleString("en")}</dd></div>
      <div>
        <dt>Size</dt>
        <dd>${size(bytes)}${maxBytes > 0 ? ` of ${size(maxBytes)}` : ", no limit"}${maxBytes > 0 && html`<${Fill} bytes=${bytes} most=${maxBytes} />`}</dd>
      </div>
      <div><dt>Largest value</dt><dd>${maxValueSize > 0 ? size(maxValueSize) : "limit of the store"}</dd></div>
      <div><dt>Revisions kept of a key</dt><dd>${history}</dd></div>
      <div><dt>Values end after</dt><dd>${ttlMs > 0 ? duration(ttlMs) : "never"}</dd></div>
      <div><dt>Ttl of single keys</dt><dd>${markerTtlMs > 0 ? "yes" : "no"}</dd></div>
      <div><dt>Last revision</dt><dd>${bucket.revision.toLocaleString("en")}</dd></div>
      <div><dt>Made</dt><dd><${Age} since=${bucket.created} /> ago</dd></div>
      <div><dt>Kept by</dt><dd>${bucket.backingStore}</dd></div>
    </dl>
  `;
}

/** @param {{ name: string, count: number, onClose: () => void }} properties */
function RemoveBucket({ name, count, onClose }) {
  const [typed, setTyped] = useState("");
  const remove = async () => {
    if (typed !== name) throw new Error(`Type ${name} to remove it.`);
    await ask("DELETE", bucketPath(name));
    goTo(linkTo(["kv"]));
  };
  return html`
    <${Dialog} title=${`Remove ${name}?`} action="Remove it" isDangerous onConfirm=${remove} onClose=${onClose}>
      <p>All ${count.toLocaleString("en")} ${count === 1 ? "key" : "keys"} with all their revisions go, and whoever watches the bucket is cut off. Nothing brings it back.</p>
      <label class="field">To be sure, type its name
        <input autocomplete="off" spellcheck=${false} value=${typed} onInput=${(/** @type {{ currentTarget: HTMLInputElement }} */ { currentTarget }) => setTyped(currentTarget.value)} />
      </label>
    <//>
  `;
}
