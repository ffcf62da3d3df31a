/** One bucket: its keys beside what was chosen of it. */
import { useState } from "preact/hooks";
import { may } from "../api.js";
import { html } from "../html.js";
import { Nothing } from "../notice.js";
import { useResource } from "../resource.js";
import { linkTo } from "../route.js";
import { useNow } from "../time.js";
import { KvBucketFacts } from "./kv-bucket-facts.js";
import { KvEntry } from "./kv-entry.js";
import { KvKeys } from "./kv-keys.js";
import { useLiveKeys } from "./kv-live-keys.js";
import { KvNewKey } from "./kv-new-key.js";
import { bucketPath } from "./kv-store.js";

/** Sizes and settings come with no stream: they are asked for again this often. */
const everyMs = 5_000;

/** @param {{ name: string, chosen: string | undefined, query: Readonly<Record<string, string>> }} properties */
export function KvBucket({ name, chosen, query }) {
  const keys = useLiveKeys(name);
  const [isNew, setIsNew] = useState(false);
  const isThere = keys.status !== "none";
  const settings = useResource(isThere ? bucketPath(name) : undefined, Math.floor(useNow() / everyMs));
  if (!isThere) return html`<${NoBucket} name=${name} />`;
  const isChosen = chosen !== undefined;
  return html`
    <div class=${`kv-bucket ${isChosen ? "one-chosen" : "none-chosen"}`}>
      <${KvKeys} bucket=${name} keys=${keys} ttlMs=${settings.value?.ttlMs ?? 0} chosen=${chosen} query=${query} onNew=${may("write") ? () => setIsNew(true) : undefined} />
      ${
        isChosen
          ? html`<${KvEntry} key=${chosen} bucket=${name} name=${chosen} keys=${keys} settings=${settings.value} query=${query} />`
          : html`<${KvBucketFacts} name=${name} settings=${settings} count=${keys.names.length} />`
      }
      ${isNew && html`<${KvNewKey} bucket=${name} hasTtl=${settings.value?.markerTtlMs > 0} onClose=${() => setIsNew(false)} />`}
    </div>
  `;
}

/** @param {{ name: string }} properties */
function NoBucket({ name }) {
  return html`
    <section class="panel"><h1 class="kv-path">${name}</h1><${Nothing} title=${`There is no bucket ${name}`}>
      It was never made, or was removed. When somebody makes it, its keys are here at once. <a href=${linkTo(["kv"])}>All buckets</a>
    <//></section>
  `;
}
