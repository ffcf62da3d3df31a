/** All buckets: what is in them, and how near they are to their limits. */
import { useState } from "preact/hooks";
import { may } from "../api.js";
import { html } from "../html.js";
import { Nothing, Problem } from "../notice.js";
import { useResource } from "../resource.js";
import { linkTo } from "../route.js";
import { duration, useNow } from "../time.js";
import { KvNewBucket } from "./kv-new-bucket.js";
import { isOfDaemon } from "./kv-store.js";
import { size } from "./kv-value-text.js";

/** There is no stream of buckets: they are asked for again this often. */
const everyMs = 5_000;

export function KvBuckets() {
  const [isNew, setIsNew] = useState(false);
  const version = Math.floor(useNow() / everyMs);
  const { value, error, reload } = useResource("/v1/kv", version);
  /** @type {import("./kv-store.js").Bucket[]} */
  const buckets = value ?? [];
  const own = buckets.filter(({ bucket }) => !isOfDaemon(bucket));
  const ofDaemon = buckets.filter(({ bucket }) => isOfDaemon(bucket));
  return html`
    <div class="kv-buckets">
      <div class="panel-head">
        <h1>Buckets <span class="count">${value && own.length}</span></h1>
        ${may("admin") && html`<button class="primary" onClick=${() => setIsNew(true)}>New bucket</button>`}
      </div>
      ${error && html`<${Problem} error=${error} onRetry=${reload} />`}
      ${!value && !error && html`<p class="waiting" role="status">Asking the daemon…</p>`}
      ${value && own.length === 0 && html`<${NoBuckets} />`}
      <${Cards} buckets=${own} label="Buckets" />
      ${
        ofDaemon.length > 0 &&
        html`
          <h2 class="kv-group">Of the daemon itself</h2>
          <${Cards} buckets=${ofDaemon} label="Buckets of the daemon itself" />
        `
      }
      ${isNew && html`<${KvNewBucket} onClose=${() => setIsNew(false)} />`}
    </div>
  `;
}

function NoBuckets() {
  return html`
    <section class="panel"><${Nothing} title="No buckets yet">
      Make one ${may("admin") ? "with New bucket, or " : ""}with <code>machinist kv add NAME</code>, and it is here a moment later.
    <//></section>
  `;
}

/** @param {{ buckets: readonly import("./kv-store.js").Bucket[], label: string }} properties */
function Cards({ buckets, label }) {
  return html`<ul class="kv-cards" aria-label=${label}>${buckets.map((bucket) => html`<${Card} key=${bucket.bucket} bucket=${bucket} />`)}</ul>`;
}

/** @param {{ bucket: import("./kv-store.js").Bucket }} properties */
function Card({ bucket }) {
  const { bucket: name, description, history, values, bytes, maxBytes, ttlMs } = bucket;
  return html`
    <li>
      <a class="panel kv-card" href=${linkTo(["kv", name])}>
        <strong class="kv-card-name">${name}</strong>
        <span class="quiet-text kv-card-note">${description}</span>
        <span class="kv-card-facts">
          <span><b>${values.toLocaleString("en")}</b> ${values === 1 ? "entry" : "entries"}</span>
          <span><b>${size(bytes)}</b>${maxBytes > 0 && ` of ${size(maxBytes)}`}</span>
          <span>history <b>${history}</b></span>
          ${ttlMs > 0 && html`<span>ttl <b>${duration(ttlMs)}</b></span>`}
        </span>
        ${maxBytes > 0 && html`<${Fill} bytes=${bytes} most=${maxBytes} />`}
      </a>
    </li>
  `;
}

/**
 * How full a bucket is.
 * @param {{ bytes: number, most: number }} properties
 */
export function Fill({ bytes, most }) {
  const text = `${size(bytes)} of ${size(most)}`;
  return html`<meter class="share kv-fill" min="0" max=${most} low=${most * 0.75} high=${most * 0.9} optimum="0" value=${bytes} aria-label="Size" title=${text}>${text}</meter>`;
}
