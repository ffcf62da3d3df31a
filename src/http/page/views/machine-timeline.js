/** What a machine did, newest first. */
import { useState } from "preact/hooks";
import { html } from "../html.js";
import { Age, dateTime, duration, moment } from "../time.js";
import { byWhom } from "./machine-parts.js";

/** More are there for whoever asks. */
const few = 12;

/** @param {{ spans: readonly import("./machine-spans.js").Span[], isRunning: boolean }} properties */
export function Timeline({ spans, isRunning }) {
  const [showsAll, setShowsAll] = useState(false);
  const shown = showsAll ? spans : spans.slice(0, few);
  return html`
    <ol class="timeline">
      ${shown.map((span) => html`<${Step} key=${span.revision} span=${span} isRunning=${isRunning} />`)}
    </ol>
    ${shown.length < spans.length && html`<button class="quiet" onClick=${() => setShowsAll(true)}>Show all ${spans.length}</button>`}
  `;
}

/** @param {{ span: import("./machine-spans.js").Span, isRunning: boolean }} properties */
function Step({ span: { at, from, to, transition, by, begin, end }, isRunning }) {
  return html`
    <li>
      <time class="step-time" datetime=${at} title=${dateTime(at)}>${moment(at)}</time>
      <div class="step">
        <p><b>${from} → ${to}</b></p>
        <p class="quiet-text">${transition} · ${byWhom(by)}</p>
        <p class="quiet-text">${
          end === undefined
            ? isRunning && html`in ${to} for <${Age} since=${at} /> so far`
            : html`${stayed(end - begin)} in ${to}`
        }</p>
      </div>
    </li>
  `;
}

/** @param {number} ms */
function stayed(ms) {
  return ms < 1000 ? `${ms} ms` : duration(ms);
}
