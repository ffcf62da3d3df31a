/** One key: its value, what became of it, and what can be done to it. */
import { useState } from "preact/hooks";
import { may } from "../api.js";
import { html } from "../html.js";
import { Nothing, Problem } from "../notice.js";
import { linkTo } from "../route.js";
import { Age, Until } from "../time.js";
import { useEdit } from "./kv-drafts.js";
import { KvEditor } from "./kv-editor.js";
import { endOf } from "./kv-end.js";
import { useEntryNow } from "./kv-entry-now.js";
import { KvHistory } from "./kv-history.js";
import { KvOlderValue } from "./kv-older-value.js";
import { KvRemove } from "./kv-remove.js";
import { entryPath, isOfDaemon } from "./kv-store.js";
import { KvValue } from "./kv-value.js";
import { draftOf, size } from "./kv-value-text.js";

/** @typedef {import("./kv-value-text.js").Entry} Entry */

/**
 * @param {object} properties
 * @param {string} properties.bucket
 * @param {string} properties.name of the key
 * @param {import("./kv-live-keys.js").LiveKeys} properties.keys of its bucket
 * @param {import("./kv-store.js").Bucket | undefined} properties.settings of its bucket, undefined until known
 * @param {Readonly<Record<string, string>>} properties.query
 */
export function KvEntry({ bucket, name, keys, settings, query }) {
  const bucketTtlMs = settings?.ttlMs ?? 0;
  const path = entryPath(bucket, name);
  const { entry, isKnown, hasHistory, error, version, reload } = useEntryNow(path, name, keys, bucketTtlMs);
  const [edit, setEdit] = useEdit(path);
  const begin = may("write") ? () => setEdit({ base: entry, ...draftOf(entry ?? { value: "" }) }) : undefined;
  return html`
    <section class="kv-entry" aria-label=${`Key ${name}`}>
      <div class="panel">
        <${Head} name=${name} entry=${entry} bucketTtlMs=${bucketTtlMs}>
          ${entry && !edit && begin && html`<${Actions} path=${path} name=${name} entry=${entry} hasPast=${(settings?.history ?? 1) > 1} onEdit=${begin} />`}
        <//>
        ${error && html`<${Problem} error=${error} onRetry=${reload} />`}
        ${!isKnown && !error && html`<p class="waiting" role="status">Asking the daemon…</p>`}
        ${isOfDaemon(bucket) && edit && html`<p class="kv-caution">The daemon keeps this bucket for itself: what is changed here by hand may stop a machine.</p>`}
        ${
          edit && isKnown
            ? html`<${KvEditor} path=${path} edit=${edit} setEdit=${setEdit} theirs=${entry} bucketTtlMs=${bucketTtlMs} reload=${reload} />`
            : html`<${Shown} path=${path} name=${name} entry=${entry} isKnown=${isKnown} query=${query} begin=${begin} link=${linkTo(["kv", bucket, name], { ...query, revision: undefined })} />`
        }
      </div>
      ${isKnown && hasHistory && html`<${KvHistory} bucket=${bucket} name=${name} newest=${entry} version=${version} query=${query} />`}
    </section>
  `;
}

/** @param {{ name: string, entry: Entry | undefined, bucketTtlMs: number, children: unknown }} properties */
function Head({ name, entry, bucketTtlMs, children }) {
  const end = entry && endOf(entry, bucketTtlMs);
  return html`
    <div class="panel-head kv-entry-head">
      <div>
        <h1 class="kv-key-title">${name}</h1>
        ${
          entry &&
          html`
            <p class="quiet-text">
              revision ${entry.revision} · ${size(entry.length)} · <${Age} since=${entry.created} /> ago
              ${end && html`<span class="kv-ends"> · ends <${Until} at=${end} /></span>`}
            </p>
          `
        }
      </div>
      <div class="kv-actions">${children}</div>
    </div>
  `;
}

/** @param {{ path: string, name: string, entry: Entry, hasPast: boolean, onEdit: () => void }} properties */
function Actions({ path, name, entry, hasPast, onEdit }) {
  // What was in sight when the question was asked is what may be removed.
  const [asked, setAsked] = useState(/** @type {{ entry: Entry, purge: boolean } | undefined} */ (undefined));
  return html`
    <button class="primary" onClick=${onEdit}>Edit</button>
    <button onClick=${() => setAsked({ entry, purge: false })}>Delete…</button>
    <button onClick=${() => setAsked({ entry, purge: true })}>Purge…</button>
    ${asked && html`<${KvRemove} path=${path} name=${name} revision=${asked.entry.revision} hasPast=${hasPast} purge=${asked.purge} onClose=${() => setAsked(undefined)} />`}
  `;
}

/**
 * @param {object} properties
 * @param {string} properties.path
 * @param {string} properties.name
 * @param {Entry | undefined} properties.entry
 * @param {boolean} properties.isKnown
 * @param {Readonly<Record<string, string>>} properties.query
 * @param {(() => void) | undefined} properties.begin
 * @param {string} properties.link to the newest value
 */
function Shown({ path, name, entry, isKnown, query: { revision }, begin, link }) {
  if (revision && Number(revision) !== entry?.revision)
    return html`<${KvOlderValue} path=${path} name=${name} revision=${revision} link=${link} />`;
  if (entry) return html`<${KvValue} name=${name} entry=${entry} />`;
  if (!isKnown) return null;
  return html`
    <${Nothing} title="No value">
      It was never put, was deleted, or its life is over. ${begin && html`<button onClick=${begin}>Put a value</button>`}
    <//>
  `;
}
