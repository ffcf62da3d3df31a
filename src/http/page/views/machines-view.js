/** All machines beside the one that was chosen. */
import { useMemo, useRef } from "preact/hooks";
import { StateBadge } from "../health.js";
import { html } from "../html.js";
import { connection, inOrder, machines } from "../machines.js";
import { Nothing } from "../notice.js";
import { goTo, linkTo, replaceQuery } from "../route.js";
import { useStore } from "../store.js";
import { Age } from "../time.js";
import { VirtualList } from "../virtual-list.js";
import { MachineView } from "./machine-view.js";

const rowHeight = 52;

/** @param {{ rest: readonly string[], query: Readonly<Record<string, string>> }} properties */
export function MachinesView({ rest: [name], query }) {
  return html`
    <div class=${`machines ${name === undefined ? "none-chosen" : "one-chosen"}`}>
      <${MachineList} chosen=${name} query=${query} />
      ${
        name === undefined
          ? html`<${Choose} />`
          : html`<${MachineView} key=${name} name=${name} query=${query} />`
      }
    </div>
  `;
}

/** @param {{ chosen: string | undefined, query: Readonly<Record<string, string>> }} properties */
function MachineList({ chosen, query }) {
  const { byName, version } = useStore(machines);
  const field = useRef(/** @type {HTMLInputElement | null} */ (null));
  const filter = query.filter ?? "";
  const shown = useMemo(() => matching(inOrder(byName.values()), filter), [version, byName, filter]);
  const index = shown.findIndex(({ name }) => name === chosen);
  /** @param {KeyboardEvent} event */
  const onKeyDown = (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const next =
      step === undefined ? undefined : shown[Math.min(Math.max(index + step, 0), shown.length - 1)];
    if (!next) return;
    event.preventDefault();
    goTo(linkTo(["machines", next.name], query));
  };
  return html`
    <section class="panel list-panel machine-list" aria-label="Machines" onKeyDown=${onKeyDown}>
      <div class="panel-head">
        <${chosen === undefined ? "h1" : "h2"}>Machines <span class="count">${shown.length === byName.size ? byName.size : `${shown.length} of ${byName.size}`}</span><//>
        <input
          ref=${field}
          type="search"
          placeholder="Filter by name, state or health"
          aria-label="Filter machines"
          value=${filter}
          onInput=${(/** @type {{ currentTarget: HTMLInputElement }} */ { currentTarget }) => replaceQuery({ ...query, filter: currentTarget.value })}
        />
      </div>
      ${
        shown.length > 0
          ? html`<${VirtualList} items=${shown} rowHeight=${rowHeight} label="Machines" inSight=${index} row=${(/** @type {import("../machines.js").Machine} */ machine) => html`<${Row} key=${machine.name} machine=${machine} isChosen=${machine.name === chosen} query=${query} />`} />`
          : html`<${NoneShown} filter=${filter} />`
      }
    </section>
  `;
}

/** @param {{ machine: import("../machines.js").Machine, isChosen: boolean, query: Readonly<Record<string, string>> }} properties */
function Row({ machine, isChosen, query }) {
  const { name, since, health } = machine;
  return html`
    <li>
      <a class=${`list-row machine-row ${health}`} href=${linkTo(["machines", name], query)} aria-current=${isChosen ? "true" : undefined}>
        <span class="machine-name" title=${name}>${name}</span>
        <${StateBadge} machine=${machine} />
        <span class="machine-note">${noteOf(machine)}</span>
        ${since && html`<${Age} since=${since} />`}
      </a>
    </li>
  `;
}

/**
 * What the badge beside it does not say.
 * @param {import("../machines.js").Machine} machine
 */
function noteOf({ state, health, faults }) {
  if (faults.length > 0) return faults.length === 1 ? "1 fault" : `${faults.length} faults`;
  return state === null || health === "running" ? "" : health;
}

/** @param {{ filter: string }} properties */
function NoneShown({ filter }) {
  const { status } = useStore(connection);
  if (status === "connecting") return html`<p class="nothing waiting" role="status">Asking the daemon…</p>`;
  if (filter)
    return html`<${Nothing} title="No machine matches">Nothing has “${filter}” in its name, state or health.<//>`;
  return html`<${Nothing} title="No machines yet">Drop a machine file into the directory that the daemon watches, and it is here within a second.<//>`;
}

function Choose() {
  const count = useStore(machines).byName.size;
  if (count === 0) return null;
  return html`<section class="panel choose"><${Nothing} title="No machine chosen">Choose one to see its state chart, why it is where it is, and what it may do next.<//></section>`;
}

/**
 * @param {readonly import("../machines.js").Machine[]} all
 * @param {string} filter words that must all be there
 */
function matching(all, filter) {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return all;
  return all.filter(({ name, state, health }) => {
    const text = `${name} ${state ?? ""} ${health}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
}
