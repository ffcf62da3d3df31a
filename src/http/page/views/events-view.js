/** What all machines do, as they do it. */
import { useCallback, useMemo, useState } from "preact/hooks";
import { useEventFeed } from "../event-feed.js";
import { filtered } from "../event-filter.js";
import { html } from "../html.js";
import { machines } from "../machines.js";
import { Nothing } from "../notice.js";
import { replaceQuery } from "../route.js";
import { usePart } from "../store.js";
import { VirtualList } from "../virtual-list.js";
import { EventDetail } from "./event-detail.js";
import { EventFilters } from "./event-filters.js";
import { EventRow, GapRow } from "./event-row.js";

/** @typedef {import("../event-feed.js").Row} Row */

const rowHeight = 34;
const keyOf = (/** @type {Row} */ { id }) => id;

/** @param {{ query: Readonly<Record<string, string>> }} properties */
export function EventsView({ query }) {
  const { rows, isOpen, isLost } = useEventFeed();
  const [paused, setPaused] = useState(/** @type {readonly Row[] | undefined} */ (undefined));
  const byName = usePart(machines, ({ byName }) => byName);
  const { machine = "", type = "", text = "", id } = query;
  const isMachine = useCallback((/** @type {string} */ name) => byName.has(name), [byName]);
  const now = useMemo(
    () => filtered(rows, { machine, type, text }, isMachine),
    [rows, machine, type, text, isMachine],
  );
  const shown = useMemo(
    () => (paused ? filtered(paused, { machine, type, text }, isMachine) : now),
    [paused, now, machine, type, text, isMachine],
  );
  const known = rows.length === shown.length ? `${rows.length}` : `${shown.length} of ${rows.length}`;
  return html`
    <div class=${`events ${id ? "one-chosen" : ""}`}>
      <section class="panel event-list" aria-label="Events">
        <div class="panel-head">
          <h1>Events <span class="count">${known}</span></h1>
          ${isLost && html`<span class="events-lost" role="status">Not connected; what happens meanwhile is fetched afterwards.</span>`}
          <button class=${paused ? "primary" : ""} aria-pressed=${paused !== undefined} onClick=${() => setPaused(paused ? undefined : rows)}>
            ${paused ? `Resume · ${newSince(paused, now)} new` : "Pause"}
          </button>
        </div>
        <${EventFilters} query=${query} rows=${rows} />
        <${Rows} shown=${shown} query=${query} isOpen=${isOpen} />
      </section>
      ${id && html`<${EventDetail} id=${id} row=${rows.find((row) => row.id === id)} isOpen=${isOpen} query=${query} />`}
    </div>
  `;
}

/** @param {{ shown: readonly Row[], query: Readonly<Record<string, string>>, isOpen: boolean }} properties */
function Rows({ shown, query, isOpen }) {
  const [isAtStart, setAtStart] = useState(true);
  const index = query.id ? shown.findIndex(({ id }) => id === query.id) : -1;
  if (shown.length === 0) return html`<${NoneShown} query=${query} isOpen=${isOpen} />`;
  /** @param {KeyboardEvent} event */
  const onKeyDown = (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const next = step === undefined || index < 0 ? undefined : shown[index + step];
    if (!next) return;
    event.preventDefault();
    replaceQuery({ ...query, id: next.id });
  };
  return html`
    <div class="event-rows" onKeyDown=${onKeyDown}>
      <${VirtualList}
        items=${shown}
        rowHeight=${rowHeight}
        label="Events, newest first"
        inSight=${index}
        keyOf=${keyOf}
        onScroll=${setAtStart}
        row=${(/** @type {Row} */ row) =>
          row.words
            ? html`<${EventRow} key=${row.id} row=${row} words=${row.words} query=${query} />`
            : html`<${GapRow} key=${row.id} />`}
      />
      ${!isAtStart && html`<button class="to-newest" onClick=${toNewest}>↑ Newest</button>`}
    </div>
  `;
}

/** @param {{ query: Readonly<Record<string, string>>, isOpen: boolean }} properties */
function NoneShown({ query, isOpen }) {
  if (!isOpen) return html`<p class="nothing waiting" role="status">Asking the daemon…</p>`;
  const isFiltered = query.machine || query.type || query.text;
  return html`
    <div class="soon">
      ${
        isFiltered
          ? html`<${Nothing} title="No event matches">What matches appears here as it happens. <button onClick=${() => replaceQuery({ id: query.id })}>Show all events</button><//>`
          : html`<${Nothing} title="Nothing has happened yet">Transitions of machines, what their watchers find, gossip and governors appear here as they happen.<//>`
      }
    </div>
  `;
}

/**
 * @param {readonly Row[]} paused
 * @param {readonly Row[]} now
 */
function newSince([last], now) {
  const number = last?.number ?? 0;
  const end = now.findIndex((row) => row.number <= number);
  return end < 0 ? now.length : end;
}

/** @param {{ currentTarget: HTMLElement }} event */
function toNewest({ currentTarget }) {
  currentTarget.parentElement?.querySelector(".virtual-list")?.scrollTo({ top: 0 });
}
