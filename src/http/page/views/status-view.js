/** The daemon: what it is, what runs on it, and how its host bears it. */
import { html } from "../html.js";
import { healths } from "../machines.js";
import { Problem } from "../notice.js";
import { useRefresh } from "../refresh.js";
import { useResource } from "../resource.js";
import { linkTo } from "../route.js";
import { Age, dateTime } from "../time.js";
import { JsonNode } from "./json-tree.js";

/** @typedef {Readonly<Record<string, any>>} Status */

const refreshMs = 5_000;

export function StatusView() {
  const refresh = useRefresh(refreshMs);
  const status = useResource("/v1/status", refresh);
  const facts = useResource("/v1/facts", refresh);
  const error = status.error ?? facts.error;
  const reload = () => {
    status.reload();
    facts.reload();
  };
  return html`
    <div class="pages">
      <h1>Status</h1>
      ${error && html`<${Problem} error=${error} onRetry=${reload} />`}
      ${!status.value && !error && html`<p class="waiting" role="status">Asking the daemon…</p>`}
      ${status.value && html`<div class="cards"><${Daemon} status=${status.value} /><${Machines} counts=${status.value.machines} /><${Host} status=${status.value} /></div>`}
      ${facts.value && html`<${Facts} facts=${facts.value} />`}
    </div>
  `;
}

/** @param {{ status: Status }} properties */
function Daemon({ status: { version, pid, started, identity, dataDirectory, store, http, topics } }) {
  return html`
    <section class="panel" aria-label="Daemon">
      <div class="panel-head"><h2>machinist ${version}</h2><span class="badge running">up for <${Age} since=${started} /></span></div>
      <dl class="facts-of">
        <dt>Identity</dt><dd>${identity}</dd>
        <dt>Process</dt><dd>${pid}</dd>
        <dt>Started</dt><dd><time datetime=${started}>${dateTime(started)}</time></dd>
        <dt>Address</dt><dd>${http ?? "only on the socket"}</dd>
        <dt>Store</dt><dd><code>${store}</code></dd>
        <dt>Data</dt><dd><code>${dataDirectory}</code></dd>
        ${topics !== undefined && html`<dt>Topics</dt><dd><a href=${linkTo(["topics"])}>${topics ? "handled" : "no handlers"}</a></dd>`}
        <dt>For programs</dt>
        <dd><a href="/metrics">metrics</a> · <a href="/openapi.json">description of the API</a></dd>
      </dl>
    </section>
  `;
}

/** @param {{ counts: Readonly<Record<string, number>> }} properties */
function Machines({ counts }) {
  const all = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const shown = healths.filter((health) => counts[health]);
  return html`
    <section class="panel" aria-label="Machines by health">
      <div class="panel-head"><h2>Machines <span class="count">${all}</span></h2></div>
      ${all === 0 && html`<p class="quiet-text">None yet.</p>`}
      <ul class="bars">
        ${shown.map(
          (health) => html`
            <li key=${health}>
              <a href=${linkTo(["machines"], { filter: health })}>${health}</a>
              <meter class=${`share ${health}`} min="0" max=${all} value=${counts[health]} aria-label=${`${health} machines`}></meter>
              <span class="number">${counts[health]}</span>
            </li>
          `,
        )}
      </ul>
    </section>
  `;
}

/** What a daemon of another version does not tell is left out. @param {{ status: Status }} properties */
function Host({ status: { engine, disk, eventLoopDelayMs, memoryBytes } }) {
  if (!engine && !disk) return null;
  return html`
    <section class="panel" aria-label="Host">
      <div class="panel-head"><h2>Host</h2></div>
      <dl class="facts-of">
        ${engine && html`<dt>Engine</dt><dd>${engines[/** @type {keyof typeof engines} */ (engine)] ?? engine}</dd>`}
        ${eventLoopDelayMs !== undefined && html`<dt>Event loop</dt><dd>late by ${eventLoopDelayMs.toFixed(1)} ms <span class="quiet-text">(99 of 100 turns by less)</span></dd>`}
        ${memoryBytes !== undefined && html`<dt>Memory</dt><dd>${size(memoryBytes)}</dd>`}
        ${disk && html`<dt>Disk</dt><dd><${Disk} disk=${disk} /></dd>`}
      </dl>
    </section>
  `;
}

const engines = { lmdb: "LMDB, in the data directory", nats: "NATS JetStream" };

/** @param {{ disk: { freeBytes: number, sizeBytes: number, storeBytes: number } }} properties */
function Disk({ disk: { freeBytes, sizeBytes, storeBytes } }) {
  const used = sizeBytes - freeBytes;
  return html`
    ${size(freeBytes)} of ${size(sizeBytes)} free, ${size(storeBytes)} in the store
    <meter class=${`share ${freeBytes < sizeBytes / 10 ? "failing" : ""}`} min="0" max=${sizeBytes} value=${used} aria-label="Disk in use"></meter>
  `;
}

/** @param {{ facts: Readonly<Record<string, unknown>> }} properties */
function Facts({ facts }) {
  const count = Object.keys(facts).length;
  return html`
    <section class="panel" aria-label="Facts">
      <div class="panel-head"><h2>Facts <span class="count">${count}</span></h2></div>
      ${
        count === 0
          ? html`<p class="quiet-text">None. Name a file of JSON with <code>facts:</code> in machinist.yaml, and machines can look at what it says of this host.</p>`
          : html`<ul>${Object.entries(facts).map(([name, value]) => html`<li key=${name}><${JsonNode} name=${name} value=${value} path=${[name]} unfolded=${1} /></li>`)}</ul>`
      }
    </section>
  `;
}

/**
 * `1.2 GiB`.
 * @param {number} bytes
 */
function size(bytes) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let left = bytes;
  let unit = 0;
  while (left >= 1024 && unit < units.length - 1) {
    left /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? left : left.toFixed(1)} ${units[unit]}`;
}
