/** Which events are shown. */
import { useMemo } from "preact/hooks";
import { html } from "../html.js";
import { machines } from "../machines.js";
import { replaceQuery } from "../route.js";
import { usePart } from "../store.js";

/** @typedef {{ currentTarget: HTMLInputElement | HTMLSelectElement }} Changed */

const always = ["transition", "pause", "restored", "watcher", "gossip", "governor"];
/** More would be no help to whoever chooses. */
const mostNames = 200;

/** @param {{ query: Readonly<Record<string, string>>, rows: readonly import("../event-feed.js").Row[] }} properties */
export function EventFilters({ query, rows }) {
  const { machine = "", type = "", text = "" } = query;
  /** @param {string} name @returns {(changed: Changed) => void} */
  const set =
    (name) =>
    ({ currentTarget }) =>
      replaceQuery({ ...query, [name]: currentTarget.value });
  return html`
    <div class="event-filters" role="search">
      <${Types} type=${type} rows=${rows} onInput=${set("type")} />
      <input type="search" list="machine-names" placeholder="Machine" aria-label="Machine" value=${machine} onInput=${set("machine")} />
      <${MachineNames} part=${machine} />
      <input type="search" class="event-text" placeholder="Text" aria-label="Text in events" value=${text} onInput=${set("text")} />
    </div>
  `;
}

/** @param {{ type: string, rows: readonly import("../event-feed.js").Row[], onInput: (changed: Changed) => void }} properties */
function Types({ type, rows, onInput }) {
  const found = useMemo(() => {
    const kinds = new Set(rows.map(({ words }) => words?.kind ?? ""));
    return [...kinds.add(type)].filter((kind) => kind && !always.includes(kind)).sort();
  }, [rows, type]);
  return html`
    <select aria-label="Type of event" value=${type} onInput=${onInput}>
      <option value="">All types</option>
      <option value="transition">Transitions</option>
      <option value="pause">Pauses</option>
      <option value="watcher">All watchers</option>
      ${found.map((kind) => html`<option key=${kind} value=${kind}>${kind} watchers</option>`)}
      <option value="gossip">Gossip</option>
      <option value="governor">Governors</option>
    </select>
  `;
}

/** @param {{ part: string }} properties */
function MachineNames({ part }) {
  const byName = usePart(machines, ({ byName }) => byName);
  const names = useMemo(
    () =>
      [...byName.keys()]
        .filter((name) => name.includes(part))
        .sort()
        .slice(0, mostNames),
    [byName, part],
  );
  return html`<datalist id="machine-names">${names.map((name) => html`<option key=${name} value=${name} />`)}</datalist>`;
}
