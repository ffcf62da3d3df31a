/** Beside the chart: what looks, what happened, and where the time went. */
import { html } from "../html.js";
import { Problem } from "../notice.js";
import { useResource } from "../resource.js";
import { spansOf } from "./machine-spans.js";
import { TimeBar } from "./machine-time-bar.js";
import { Timeline } from "./machine-timeline.js";
import { activeFirst, WatcherList } from "./machine-watchers.js";

/** @param {{ machine: import("./machine-parts.js").Details, path: string }} properties */
export function MachineSide({ machine, path }) {
  const { watchers } = machine;
  /** @type {import("../resource.js").Resource<readonly import("./machine-spans.js").HistoryLine[]>} */
  const history = useResource(`${path}/history`, machine.last?.at);
  const spans = spansOf(history.value ?? []);
  const active = watchers.filter(({ active }) => active).length;
  return html`
    <div class="machine-side">
      <section class="panel" aria-label="Watchers">
        <h2>Watchers ${watchers.length > 0 && html`<span class="count">${active} of ${watchers.length} active</span>`}</h2>
        ${watchers.length > 0 ? html`<${WatcherList} watchers=${activeFirst(watchers)} />` : html`<p class="quiet-text">${machine.state === null ? "None look: it does not run." : "It has none: people move it, and what it subscribes to."}</p>`}
      </section>
      <section class="panel" aria-label="Transitions">
        <h2>Transitions <${Total} machine=${machine} shown=${spans.length} /></h2>
        ${history.error && html`<${Problem} error=${history.error} onRetry=${history.reload} />`}
        ${history.value && spans.length === 0 && html`<p class="quiet-text">None yet${machine.state && html`: it is where it began, in ${machine.state}`}.</p>`}
        ${spans.length > 0 && html`<${TimeBar} spans=${spans} isRunning=${machine.state !== null} /><${Timeline} spans=${spans} isRunning=${machine.state !== null} />`}
      </section>
    </div>
  `;
}

/** @param {{ machine: import("./machine-parts.js").Details, shown: number }} properties */
function Total({ machine, shown }) {
  const total = machine.counters.transitions ?? shown;
  return html`<span class="count">${total > shown ? `the last ${shown} of ${total}` : total || ""}</span>`;
}
