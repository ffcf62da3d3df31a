/** An event as a line; all of it is a link to itself. */
import { html } from "../html.js";
import { linkTo } from "../route.js";
import { moment } from "../time.js";

/**
 * @param {object} properties
 * @param {import("../event-feed.js").Row} properties.row
 * @param {import("../event-words.js").Words} properties.words
 * @param {Readonly<Record<string, string>>} properties.query
 */
export function EventRow({ row: { id, at }, words, query }) {
  const isChosen = query.id === id;
  const classes = ["event-row", isChosen && "chosen", words.isBad && "bad"].filter(Boolean).join(" ");
  return html`
    <li class=${classes}>
      <time class="age" datetime=${at}>${moment(at)}<span class="event-ms">.${at.slice(20, 23)}</span></time>
      <${Kind} words=${words} />
      <a class="event-machine" href=${linkTo(["machines", words.machine])} title=${words.machine}>${words.machine}</a>
      <a class="event-link" href=${linkTo(["events"], { ...query, id })} aria-current=${isChosen ? "true" : undefined}><${Said} words=${words} /></a>
    </li>
  `;
}

/** Where the daemon no longer knew what had happened. */
export function GapRow() {
  return html`<li class="event-row event-gap">some events are missing here</li>`;
}

/** @param {{ words: import("../event-words.js").Words }} properties */
export function Said({ words: { before, strong, after } }) {
  return html`${before}<strong>${strong}</strong>${after}`;
}

/** @param {{ words: import("../event-words.js").Words }} properties */
export function Kind({ words: { kind, isBad } }) {
  return html`<span class=${`badge kind-${kind} ${isBad ? "failing" : ""}`}>${kind}</span>`;
}
