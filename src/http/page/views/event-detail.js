/** One event with all that it says. Its address is a permanent link. */
import { html } from "../html.js";
import { Nothing } from "../notice.js";
import { linkTo } from "../route.js";
import { dateTime } from "../time.js";
import { Kind, Said } from "./event-row.js";

/**
 * @param {object} properties
 * @param {string} properties.id
 * @param {import("../event-feed.js").Row | undefined} properties.row undefined when it is not known, or not yet
 * @param {boolean} properties.isOpen
 * @param {Readonly<Record<string, string>>} properties.query
 */
export function EventDetail({ id, row, isOpen, query }) {
  const { id: _, ...others } = query;
  return html`
    <section class="panel event-detail" aria-label="Event">
      <div class="panel-head">
        <h2>Event <span class="count">${id}</span></h2>
        <a class="close" href=${linkTo(["events"], others)} aria-label="Close this event">✕</a>
      </div>
      ${row?.words ? html`<${Detail} row=${row} words=${row.words} />` : isOpen && html`<div class="soon"><${Unknown} /></div>`}
    </section>
  `;
}

/** @param {{ row: import("../event-feed.js").Row, words: import("../event-words.js").Words }} properties */
function Detail({ row: { id, at, event }, words }) {
  return html`
    <p class="event-said"><${Kind} words=${words} /> <span><${Said} words=${words} /></span></p>
    <dl class="facts-of">
      <dt>Machine</dt>
      <dd><a href=${linkTo(["machines", words.machine])}>${words.machine}</a> · <a href=${linkTo(["events"], { machine: words.machine, id })}>its events</a></dd>
      <dt>Time</dt>
      <dd><time datetime=${at}>${dateTime(at)}</time></dd>
      <dt>Link</dt>
      <dd><a href=${linkTo(["events"], { id })}>to this event</a></dd>
    </dl>
    <pre tabindex="0" aria-label="The event as JSON">${JSON.stringify(event, null, 2)}</pre>
  `;
}

function Unknown() {
  return html`<${Nothing} title="This event is not known any more">The daemon keeps the last 4,096 of this run, and this page shows those of the last hour. What machines went through is in their own history.<//>`;
}
