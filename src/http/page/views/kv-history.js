/** What a key had before, as far as its bucket keeps it; two of its revisions side by side; and the way back to one. */
import { useState } from "preact/hooks";
import { may } from "../api.js";
import { html } from "../html.js";
import { Problem } from "../notice.js";
import { useResource } from "../resource.js";
import { linkTo, replaceQuery } from "../route.js";
import { dateTime, moment } from "../time.js";
import { KvComparison } from "./kv-comparison.js";
import { KvRestore } from "./kv-restore.js";
import { bucketPath, entryPath } from "./kv-store.js";
import { size } from "./kv-value-text.js";

/** @typedef {import("./kv-value-text.js").Entry} Entry */

/**
 * @param {object} properties
 * @param {string} properties.bucket
 * @param {string} properties.name of the key
 * @param {Entry | undefined} properties.newest undefined: no value
 * @param {unknown} properties.version asks again when it is another
 * @param {Readonly<Record<string, string>>} properties.query `from` and `to`: the revisions that are compared
 */
export function KvHistory({ bucket, name, newest, version, query }) {
  const path = `${bucketPath(bucket)}/history?filter=${encodeURIComponent(name)}&meta=true`;
  const { value, error, reload } = useResource(path, version);
  const [restored, setRestored] = useState(
    /** @type {{ revision: number, newest: Entry | undefined } | undefined} */ (undefined),
  );
  /** @type {readonly Entry[]} */
  const entries = (value ?? []).toReversed();
  if (error) return html`<section class="panel"><${Problem} error=${error} onRetry=${reload} /></section>`;
  if (entries.length === 0) return null;
  const [from, to] = chosen(entries, query);
  return html`
    <section class="panel kv-history" aria-label="History">
      <div class="panel-head"><h2>History <span class="count">${entries.length}</span></h2></div>
      <div class="kv-history-list">
      <table>
        <thead>
          <tr>
            ${entries.length > 1 && html`<th scope="col">from</th><th scope="col">to</th>`}
            <th scope="col">revision</th><th scope="col">what</th><th scope="col">when</th><th scope="col" class="number">size</th><td></td>
          </tr>
        </thead>
        <tbody>
          ${entries.map(
            (entry) => html`
              <tr key=${entry.revision} class=${entry.revision === newest?.revision ? "kv-newest" : undefined}>
                ${entries.length > 1 && html`<${Choice} side="from" entry=${entry} chosen=${from} query=${query} /><${Choice} side="to" entry=${entry} chosen=${to} query=${query} />`}
                <td>${entry.operation === "PUT" ? html`<a href=${linkTo(["kv", bucket, name], { ...query, revision: String(entry.revision) })}>${entry.revision}</a>` : entry.revision}</td>
                <td><span class=${`badge ${entry.operation === "PUT" ? "" : "failing"}`}>${entry.operation}</span></td>
                <td><time datetime=${entry.created} title=${dateTime(entry.created)}>${moment(entry.created)}</time></td>
                <td class="number">${entry.operation === "PUT" ? size(entry.length) : ""}</td>
                <td class="kv-row-action">
                  ${may("write") && entry.operation === "PUT" && entry.revision !== newest?.revision && html`<button class="quiet" aria-label=${`Restore revision ${entry.revision}`} onClick=${() => setRestored({ revision: entry.revision, newest })}>Restore…</button>`}
                </td>
              </tr>
            `,
          )}
        </tbody>
      </table>
      </div>
      ${from && to && html`<${KvComparison} path=${entryPath(bucket, name)} from=${from} to=${to} />`}
      ${restored && html`<${KvRestore} path=${entryPath(bucket, name)} revision=${restored.revision} newest=${restored.newest} onClose=${() => setRestored(undefined)} />`}
    </section>
  `;
}

/**
 * @param {object} properties
 * @param {"from" | "to"} properties.side
 * @param {Entry} properties.entry
 * @param {Entry | undefined} properties.chosen
 * @param {Readonly<Record<string, string>>} properties.query
 */
function Choice({ side, entry, chosen, query }) {
  const revision = String(entry.revision);
  return html`
    <td>
      <input
        type="radio"
        name=${`compare-${side}`}
        aria-label=${`Compare ${side} revision ${revision}`}
        checked=${entry.revision === chosen?.revision}
        onChange=${() => replaceQuery({ ...query, [side]: revision })}
      />
    </td>
  `;
}

/**
 * What was asked for, as far as it is still kept; else the last change.
 * @param {readonly Entry[]} entries the newest first
 * @param {Readonly<Record<string, string>>} query
 * @returns {[Entry | undefined, Entry | undefined]}
 */
function chosen(entries, query) {
  /** @param {string | undefined} revision */
  const find = (revision) => entries.find((entry) => String(entry.revision) === revision);
  return [find(query.from) ?? entries[1], find(query.to) ?? entries[0]];
}
