/** Watchers of one machine: what each found, and when it looks again. */
import { html } from "../html.js";
import { Age, Until } from "../time.js";

/**
 * @param {{ watchers: readonly import("./machine-parts.js").Watcher[] }} properties
 */
export function WatcherList({ watchers }) {
  return html`<ul class="watchers">${watchers.map((watcher) => html`<${WatcherItem} key=${watcher.name} watcher=${watcher} />`)}</ul>`;
}

/**
 * Those that look now come first.
 * @param {readonly import("./machine-parts.js").Watcher[]} watchers
 */
export function activeFirst(watchers) {
  return [...watchers].sort((left, right) => Number(right.active) - Number(left.active));
}

/** @param {{ watcher: import("./machine-parts.js").Watcher }} properties */
function WatcherItem({ watcher }) {
  const { name, type, active, outcome, missed, error, output, detail } = watcher;
  return html`
    <li class=${`watcher-item ${active ? "active" : "inactive"}`}>
      <div class="watcher-line">
        <b class="watcher-name">${name}</b>
        <span class="quiet-text">${type}</span>
        <span class=${`badge ${healthOf(watcher)}`}>${outcome || "none yet"}</span>
      </div>
      <p class="watcher-when">${active ? html`<${Looks} watcher=${watcher} />` : html`<${Rests} watcher=${watcher} />`}</p>
      ${missed && html`<p class="watcher-error">missed ${missed.isExact ? "" : "up to "}${missed.revisions} revisions of bucket ${missed.bucket}</p>`}
      ${error !== null && html`<p class=${outcome === "waiting" ? "watcher-when" : "watcher-error"}>${error}</p>`}
      ${output !== null && output !== "" && html`<details><summary>Last output</summary><pre class="watcher-output" tabindex="0">${output}</pre></details>`}
      ${Object.keys(detail).length > 0 && html`<details><summary>What it found</summary><pre class="watcher-output" tabindex="0">${JSON.stringify(detail, null, 2)}</pre></details>`}
    </li>
  `;
}

/** @param {import("./machine-parts.js").Watcher} watcher */
function healthOf({ active, outcome, error }) {
  if (outcome === "waiting") return "waiting";
  if (error !== null || outcome === "error") return "failing";
  return active ? "running" : "";
}

/** @param {{ watcher: import("./machine-parts.js").Watcher }} properties */
function Looks({ watcher: { looking, lookedAt, nextLookAt, waitsFor, awaitedSlot } }) {
  const last = lookedAt === null ? "has not looked yet" : html`looked <${Age} since=${lookedAt} /> ago`;
  if (waitsFor.length > 0) return html`${last} · waits for <b>${waitsFor.join(", ")}</b>`;
  if (awaitedSlot)
    return html`waiting <${Age} since=${awaitedSlot.since} />: governor <b>${awaitedSlot.governor}</b> · ${last}`;
  if (looking) return html`<span class="looking">looking now</span> · ${last}`;
  return html`${last} · ${nextLookAt === null ? "looks when something changes" : html`next <${Until} at=${nextLookAt} />`}`;
}

/** @param {{ watcher: import("./machine-parts.js").Watcher }} properties */
function Rests({ watcher: { lookedAt } }) {
  return html`not in this state${lookedAt !== null && html` · looked <${Age} since=${lookedAt} /> ago`}`;
}
