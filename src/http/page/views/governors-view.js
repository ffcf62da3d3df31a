/** How many may work at a time, and who does. */
import { useEffect, useState } from "preact/hooks";
import { ask, may } from "../api.js";
import { Dialog } from "../dialog.js";
import { html } from "../html.js";
import { machines } from "../machines.js";
import { Nothing, Problem } from "../notice.js";
import { useRefresh } from "../refresh.js";
import { useResource } from "../resource.js";
import { linkTo } from "../route.js";
import { usePart } from "../store.js";
import { follow } from "../stream.js";
import { Age, duration } from "../time.js";

/**
 * @typedef {{ slot: number, owner: string, since: string, renewed: string }} Holder
 * @typedef {{ governor: string, capacity: number, ttlMs: number, holders: readonly Holder[] }} Governor
 */

/** Holders renew their slots more often than this, but nothing is said of it. */
const refreshMs = 3_000;

export function GovernorsView() {
  const [happened, setHappened] = useState(0);
  const refresh = useRefresh(refreshMs);
  useEffect(() => followGovernors(() => setHappened((count) => count + 1)), []);
  const { value, error, reload } = useResource("/v1/governors", happened + refresh);
  /** @type {readonly Governor[] | undefined} */
  const governors = value;
  return html`
    <div class="pages">
      <h1>Governors <span class="count">${governors?.length ?? ""}</span></h1>
      ${error && html`<${Problem} error=${error} onRetry=${reload} />`}
      ${governors?.length === 0 && html`<section class="panel"><${None} /></section>`}
      <div class="cards">
        ${governors?.map((one) => html`<${GovernorPanel} key=${one.governor} governor=${one} onChange=${reload} />`)}
      </div>
      ${!governors && !error && html`<p class="waiting" role="status">Asking the daemon…</p>`}
    </div>
  `;
}

function None() {
  return html`
    <${Nothing} title="No governors">
      A governor says how many may work at a time, over all hosts that share the store: an exec watcher that names one waits for a slot.
      Make one with <code>machinist governor add deploys 3</code>.
    <//>
  `;
}

/** @param {{ governor: Governor, onChange: () => void }} properties */
function GovernorPanel({ governor: { governor, capacity, ttlMs, holders }, onChange }) {
  const isFull = holders.length >= capacity;
  return html`
    <section class="panel" aria-label=${governor}>
      <div class="panel-head">
        <h2>${governor}</h2>
        <span class=${isFull ? "badge starting" : "badge"}>${holders.length} of ${capacity} taken</span>
      </div>
      <meter class="share" min="0" max=${capacity} value=${holders.length} aria-label=${`Slots taken of ${governor}`}></meter>
      ${
        holders.length === 0
          ? html`<p class="quiet-text">Nobody works under it now.</p>`
          : html`<ul class="lines">${holders.map((holder) => html`<${HolderLine} key=${`${holder.slot} ${holder.since}`} governor=${governor} holder=${holder} onChange=${onChange} />`)}</ul>`
      }
      <p class="quiet-text">A slot that is not renewed is free after ${duration(ttlMs)}.</p>
    </section>
  `;
}

/** @param {{ governor: string, holder: Holder, onChange: () => void }} properties */
function HolderLine({ governor, holder: { slot, owner, since, renewed }, onChange }) {
  const [isAsking, setAsking] = useState(false);
  const evict = async () => {
    await ask("DELETE", `/v1/governors/${encodeURIComponent(governor)}/holders/${slot}`);
    onChange();
  };
  return html`
    <li class="line">
      <span class="slot" title=${`Slot ${slot}`}>${slot}</span>
      <div class="line-text">
        <${Owner} owner=${owner} />
        <span class="quiet-text">for <${Age} since=${since} />, renewed <${Age} since=${renewed} /> ago</span>
      </div>
      ${may("admin") && html`<button onClick=${() => setAsking(true)} aria-label=${`Evict ${owner} from slot ${slot}`}>Evict</button>`}
      ${
        isAsking &&
        html`
          <${Dialog} title=${`Evict from ${governor}?`} action="Evict" isDangerous onConfirm=${evict} onClose=${() => setAsking(false)}>
            <p><strong>${owner}</strong> loses slot ${slot} at once, and another may take it. What runs there is stopped when its host next renews the slot.</p>
          <//>
        `
      }
    </li>
  `;
}

/** `MACHINE#WATCHER @ HOST`; the machine is a link when it is one of this daemon. @param {{ owner: string }} properties */
function Owner({ owner }) {
  const [name = "", rest] = owner.split(/(?=#)/);
  const isHere = usePart(machines, ({ byName }) => byName.has(name));
  if (!isHere) return html`<span class="owner">${owner}</span>`;
  return html`<span class="owner"><a href=${linkTo(["machines", name])}>${name}</a>${rest}</span>`;
}

/**
 * @param {() => void} onChange
 * @returns {() => void} ends it
 */
function followGovernors(onChange) {
  return follow("/v1/events", {
    onOpen: onChange,
    onLost: () => undefined,
    onEvent({ name, data }) {
      if (name === "gap" || data.data.governor !== undefined) onChange();
    },
  });
}
