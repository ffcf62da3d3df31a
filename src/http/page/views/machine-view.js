/** One machine: where it is and why, what it may do next, what it looks at, what it was, what it knows and what it is made of. */
import { useEffect, useState } from "preact/hooks";
import { may } from "../api.js";
import { html } from "../html.js";
import { machines } from "../machines.js";
import { Nothing, Problem } from "../notice.js";
import { useResource } from "../resource.js";
import { linkTo } from "../route.js";
import { usePart } from "../store.js";
import { moment } from "../time.js";
import { MachineChart } from "./machine-chart.js";
import { MachineData } from "./machine-data.js";
import { useDataChanges } from "./machine-data-changes.js";
import { MachineDefinition } from "./machine-definition.js";
import { MachineFaults } from "./machine-faults.js";
import { MachineHead } from "./machine-head.js";
import { MachineSide } from "./machine-side.js";
import { TransitionDialog } from "./machine-transition.js";

const tabs = ["chart", "data", "definition"];

/** @param {{ name: string, query: Readonly<Record<string, string>> }} properties */
export function MachineView({ name, query }) {
  const summary = usePart(machines, ({ byName }) => byName.get(name));
  const isKnown = usePart(machines, ({ version }) => version > 0);
  const known = useLast(summary);
  const path = `/v1/machines/${encodeURIComponent(name)}`;
  /** @type {import("../resource.js").Resource<import("./machine-parts.js").Details>} */
  // Asked for before all machines have come: thousands of them take longer than this one.
  const details = useResource(summary || !isKnown ? path : undefined, summary?.change);
  const changes = useDataChanges(details.value?.data);
  if (!summary && isKnown)
    return html`<${Gone} name=${name} last=${known?.machine} at=${known?.goneAt} query=${query} />`;
  if (!details.value)
    return html`
      <section class="panel" aria-label=${name}>
        ${details.error && isKnown ? html`<${Problem} error=${details.error} onRetry=${details.reload} />` : html`<p class="waiting" role="status">Asking for ${name}…</p>`}
      </section>
    `;
  const machine = summary ? { ...details.value, ...live(summary, details.value) } : details.value;
  return html`<${Shown} machine=${machine} changes=${changes} path=${path} query=${query} />`;
}

/**
 * What the stream said is newer than what was asked for, but it says less of each watcher.
 * @param {import("../machines.js").Machine} summary
 * @param {import("./machine-parts.js").Details} details
 */
function live(summary, { watchers }) {
  const full = new Map(watchers.map((watcher) => [watcher.name, watcher]));
  const none = { error: null, output: null, detail: {} };
  return {
    ...summary,
    watchers: summary.watchers.map((watcher) => ({ ...none, ...full.get(watcher.name), ...watcher })),
  };
}

/** @param {{ machine: import("./machine-parts.js").Details, changes: import("./machine-data-changes.js").Changes, path: string, query: Readonly<Record<string, string>> }} properties */
function Shown({ machine, changes, path, query }) {
  const [asked, setAsked] = useState("");
  const runs = machine.state !== null;
  const graph = useResource(runs ? `${path}/graph` : undefined, machine.definition);
  const tab = tabs.includes(query.tab ?? "") ? query.tab : "chart";
  const lines = graph.value?.lines ?? [];
  return html`
    <div class="machine">
      <section class="panel machine-main" aria-label=${machine.name}>
        <${MachineHead} machine=${machine} lines=${lines} query=${query} path=${path} onTransition=${setAsked} />
        ${machine.faults.length > 0 && html`<${MachineFaults} machine=${machine} path=${path} />`}
        <nav class="machine-tabs" aria-label="Parts of the machine">
          ${tabs.map((one) => html`<a key=${one} href=${linkTo(["machines", machine.name], { ...query, tab: one === "chart" ? undefined : one })} aria-current=${one === tab ? "page" : undefined}>${one}</a>`)}
        </nav>
        ${tab === "chart" && html`<${MachineChart} machine=${machine} graph=${graph} onTransition=${may("transition") ? setAsked : undefined} />`}
        ${tab === "data" && html`<${MachineData} machine=${machine} changes=${changes} path=${path} />`}
        ${tab === "definition" && html`<${MachineDefinition} machine=${machine} path=${path} />`}
      </section>
      <${MachineSide} machine=${machine} path=${path} />
      ${asked !== "" && html`<${TransitionDialog} key=${asked} machine=${machine} lines=${lines} boxes=${graph.value?.boxes ?? []} transition=${asked} path=${path} onClose=${() => setAsked("")} />`}
    </div>
  `;
}

/**
 * @param {object} properties
 * @param {string} properties.name
 * @param {import("../machines.js").Machine | undefined} properties.last as it was when it was there
 * @param {string | undefined} properties.at
 * @param {Readonly<Record<string, string>>} properties.query
 */
function Gone({ name, last, at, query }) {
  const back = html`<a href=${linkTo(["machines"], { filter: query.filter })}>All machines</a>`;
  return html`
    <section class="panel" aria-label=${name}>
      <h1>${name}</h1>
      <div role="status">
        ${
          last && at
            ? html`<${Nothing} title=${`Gone since ${moment(at)}`}>Its file ${last.file} was taken away, so the machine was stopped. ${last.state && html`It was in ${last.state}; `}when the file comes back it is here again. ${back}<//>`
            : html`<${Nothing} title=${`There is no machine ${name}`}>Its file may have been taken away, or the name is another. ${back}<//>`
        }
      </div>
    </section>
  `;
}

/**
 * A machine as it was last, and since when it is not there.
 * @param {import("../machines.js").Machine | undefined} machine
 */
function useLast(machine) {
  const [known, setKnown] = useState(
    /** @type {{ machine: import("../machines.js").Machine, goneAt: string | undefined } | undefined} */ (
      undefined
    ),
  );
  useEffect(() => {
    setKnown((before) => {
      if (machine) return { machine, goneAt: undefined };
      return before && { ...before, goneAt: before.goneAt ?? new Date().toISOString() };
    });
  }, [machine]);
  return known;
}
