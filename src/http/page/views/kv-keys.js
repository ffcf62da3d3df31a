/** The keys of a bucket: thousands of them, live, without their values. */
import { useMemo } from "preact/hooks";
import { html } from "../html.js";
import { Nothing } from "../notice.js";
import { goTo, linkTo, replaceQuery } from "../route.js";
import { Age, Until, useNow } from "../time.js";
import { VirtualList } from "../virtual-list.js";
import { endOf } from "./kv-end.js";
import { keyFilter } from "./kv-key-filter.js";
import { size } from "./kv-value-text.js";

const rowHeight = 52;

/**
 * @param {object} properties
 * @param {string} properties.bucket
 * @param {import("./kv-live-keys.js").LiveKeys} properties.keys
 * @param {number} properties.ttlMs of the bucket
 * @param {string | undefined} properties.chosen
 * @param {Readonly<Record<string, string>>} properties.query
 * @param {(() => void) | undefined} properties.onNew undefined for those who may not
 */
export function KvKeys({ bucket, keys, ttlMs, chosen, query, onNew }) {
  const filter = query.filter ?? "";
  const kept = filter ? { filter } : {};
  const matching = useMemo(() => keys.names.filter(keyFilter(filter)), [keys.names, filter]);
  const shown = useAlive(matching, keys, ttlMs);
  const index = chosen === undefined ? -1 : shown.indexOf(chosen);
  /** @param {KeyboardEvent} event */
  const onKeyDown = (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const next =
      step === undefined ? undefined : shown[Math.min(Math.max(index + step, 0), shown.length - 1)];
    if (next === undefined) return;
    event.preventDefault();
    goTo(linkTo(["kv", bucket, next], kept));
  };
  /** @param {string} key */
  const row = (key) =>
    html`<${Row} key=${key} link=${linkTo(["kv", bucket, key], kept)} entry=${keys.byKey.get(key)} ttlMs=${ttlMs} isChosen=${key === chosen} />`;
  const total = keys.names.length;
  return html`
    <section class="panel list-panel kv-keys" aria-label="Keys" onKeyDown=${onKeyDown}>
      <div class="panel-head">
        <h2 class="kv-path">
          <a href=${linkTo(["kv"])}>KV</a> / ${chosen === undefined ? bucket : html`<a href=${linkTo(["kv", bucket], kept)}>${bucket}</a>`}
        </h2>
        <span class="count">${count(shown.length, total)}</span>
        <div class="kv-search">
          <input
            type="search"
            placeholder="Filter: words, or app.*.port"
            aria-label="Filter keys"
            value=${filter}
            onInput=${(/** @type {{ currentTarget: HTMLInputElement }} */ { currentTarget }) => replaceQuery({ ...query, filter: currentTarget.value })}
          />
          ${onNew && html`<button onClick=${onNew}>New key</button>`}
        </div>
      </div>
      ${keys.status === "stale" && html`<p class="kv-stale" role="status">Not live: ${keys.reason}. Trying again…</p>`}
      ${
        shown.length > 0
          ? html`<${VirtualList} items=${shown} rowHeight=${rowHeight} label="Keys" inSight=${index} row=${row} />`
          : html`<${NoneShown} filter=${filter} bucket=${bucket} isWaiting=${keys.status === "connecting"} />`
      }
    </section>
  `;
}

/**
 * In a bucket whose values end nobody says so when one does: they go by the clock.
 * @param {readonly string[]} names
 * @param {import("./kv-live-keys.js").LiveKeys} keys
 * @param {number} ttlMs
 */
function useAlive(names, { byKey, version }, ttlMs) {
  const now = useNow();
  return useMemo(() => {
    /** @param {string} key */
    const isAlive = (key) => {
      const entry = byKey.get(key);
      const end = entry && endOf(entry, ttlMs);
      return end === undefined || Date.parse(end) > now;
    };
    return names.every(isAlive) ? names : names.filter(isAlive);
  }, [names, version, ttlMs, now]);
}

/**
 * @param {number} shown
 * @param {number} all
 */
function count(shown, all) {
  const total = all.toLocaleString("en");
  if (shown !== all) return `${shown.toLocaleString("en")} of ${total}`;
  return `${total} ${all === 1 ? "key" : "keys"}`;
}

/** @param {{ link: string, entry: import("./kv-value-text.js").Entry | undefined, ttlMs: number, isChosen: boolean }} properties */
function Row({ link, entry, ttlMs, isChosen }) {
  if (!entry) return null;
  const end = endOf(entry, ttlMs);
  return html`
    <li>
      <a class="list-row kv-row" href=${link} aria-current=${isChosen ? "true" : undefined}>
        <span class="kv-key" title=${entry.key}>${entry.key}</span>
        <${Age} since=${entry.created} />
        <span class="kv-note">revision ${entry.revision} · ${size(entry.length)}</span>
        ${end && html`<span class="kv-note kv-ends">ends <${Until} at=${end} /></span>`}
      </a>
    </li>
  `;
}

/** @param {{ filter: string, bucket: string, isWaiting: boolean }} properties */
function NoneShown({ filter, bucket, isWaiting }) {
  if (isWaiting) return html`<p class="nothing waiting" role="status">Asking the daemon…</p>`;
  if (filter)
    return html`<${Nothing} title="No key matches">“${filter}” is in none of them. With * and > it is a filter as NATS has them: * is one token, > all that follow.<//>`;
  return html`<${Nothing} title="No keys yet">Put one here, or with <code>machinist kv put ${bucket} KEY VALUE</code>.<//>`;
}
