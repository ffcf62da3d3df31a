/** How much of its remembered time a machine spent in each state. */
import { html } from "../html.js";
import { duration, moment, useNow } from "../time.js";
import { sharesOf } from "./machine-spans.js";

/** As many as there are colors that are easily told apart. */
const most = 7;

/** @param {{ spans: readonly import("./machine-spans.js").Span[], isRunning: boolean }} properties `spans` has some */
export function TimeBar({ spans, isRunning }) {
  const now = useNow();
  const shares = sharesOf(spans, isRunning ? now : (spans[0]?.begin ?? now), most);
  const colors = colorsOf(spans);
  const begin = spans.at(-1)?.at ?? "";
  let left = 0;
  const parts = shares.map((share) => {
    const part = { ...share, left, color: colors.get(share.state) ?? "rest", name: share.state ?? "others" };
    left += share.part;
    return part;
  });
  return html`
    <figure class="time-bar">
      <svg width="100%" height="12" role="img" aria-label=${`Time spent since ${moment(begin)}: ${parts.map(({ name, part }) => `${name} ${percent(part)}`).join(", ")}`}>
        ${parts.map(({ name, ms, part, left, color }) => html`<rect key=${name} class=${`time-part ${color}`} x=${`${left * 100}%`} width=${`${part * 100}%`} height="12"><title>${name}: ${duration(ms)}</title></rect>`)}
      </svg>
      <figcaption>
        <ul>
          ${parts.map(({ name, ms, part, color }) => html`<li key=${name}><svg width="9" height="9" aria-hidden="true"><rect class=${`time-part ${color}`} width="9" height="9" rx="2" /></svg> ${name} <span class="age">${duration(ms)} · ${percent(part)}</span></li>`)}
        </ul>
        <p class="quiet-text">since ${moment(begin)}</p>
      </figcaption>
    </figure>
  `;
}

/**
 * A state keeps its color while others take more time than it: by name, not by size.
 * @param {readonly import("./machine-spans.js").Span[]} spans
 * @returns {Map<string | undefined, string>}
 */
function colorsOf(spans) {
  const states = [...new Set(spans.map(({ to }) => to))].sort();
  return new Map(states.map((state, index) => [state, `color-${index % most}`]));
}

/** @param {number} part */
function percent(part) {
  if (part > 0 && part < 0.01) return "under 1 %";
  return `${Math.round(part * 100)} %`;
}
