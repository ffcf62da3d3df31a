/** Asks before a transition is fired, and says what will happen then. */
import { useState } from "preact/hooks";
import { ask } from "../api.js";
import { Dialog } from "../dialog.js";
import { html } from "../html.js";
import { waysOf } from "./machine-parts.js";

/**
 * @param {object} properties
 * @param {import("./machine-parts.js").Details} properties.machine
 * @param {readonly import("./machine-parts.js").Line[]} properties.lines
 * @param {readonly import("./machine-parts.js").Box[]} properties.boxes
 * @param {string} properties.transition
 * @param {string} properties.path of the machine
 * @param {() => void} properties.onClose
 */
export function TransitionDialog({ machine, lines, boxes, transition, path, onClose }) {
  // What was said when it was asked is what is answered: the machine may move meanwhile.
  const [from] = useState(machine.state);
  const [ways] = useState(() => waysOf(lines, from, transition));
  const hasMoved = machine.state !== from;
  // The daemon refuses when the machine is in another state by then.
  const fire = () => ask("POST", `${path}/transition`, { body: { transition, from } });
  return html`
    <${Dialog} title=${`Fire ${transition}?`} action=${`Fire ${transition}`} onConfirm=${fire} onClose=${onClose}>
      ${hasMoved && html`<p class="refusal" role="alert">Meanwhile ${machine.name} went on to ${machine.state}.</p>`}
      ${ways.map((way, index) => html`<${Way} key=${index} isLastResort=${index > 0 && way.when === undefined} name=${machine.name} way=${way} from=${boxOf(boxes, from)} to=${boxOf(boxes, way.to)} />`)}
      <${FiredBy} ways=${ways} />
    <//>
  `;
}

/**
 * @param {object} properties
 * @param {string} properties.name
 * @param {import("./machine-parts.js").Line} properties.way
 * @param {import("./machine-parts.js").Box | undefined} properties.from
 * @param {import("./machine-parts.js").Box | undefined} properties.to
 * @param {boolean} properties.isLastResort no condition before it held
 */
function Way({ name, way, from, to, isLastResort }) {
  return html`
    <div class="way">
      <p>${way.when !== undefined && html`If <code>${way.when}</code> holds, `}${isLastResort && "Otherwise "}<b>${name}</b> ${way.from === way.to ? html`stays in <b>${way.to}</b>` : html`goes <span class="way-states"><b>${way.from}</b> → <b>${way.to}</b></span>`}.</p>
      <${Looks} title=${`In ${way.to} these begin to look`} watchers=${without(to, from)} />
      <${Looks} title="These go on looking" watchers=${both(to, from)} />
      <${Looks} title="These stop" watchers=${without(from, to)} />
    </div>
  `;
}

/** @param {{ title: string, watchers: import("./machine-parts.js").Box["watchers"] }} properties */
function Looks({ title, watchers }) {
  if (watchers.length === 0) return null;
  return html`<p class="looks">${title}: ${watchers.map(({ name, type }, index) => html`<span key=${name}>${index > 0 && ", "}<b>${name}</b> <span class="quiet-text">${type}</span></span>`)}.</p>`;
}

/** @param {{ ways: readonly import("./machine-parts.js").Line[] }} properties */
function FiredBy({ ways }) {
  const reasons = [...new Set(ways.flatMap(({ firedBy }) => firedBy))];
  return html`<p class="quiet-text">${reasons.length > 0 ? `Without you it is fired by: ${reasons.join(", ")}.` : "Nothing but a person fires it."}</p>`;
}

/**
 * @param {readonly import("./machine-parts.js").Box[]} boxes
 * @param {string | null} state
 */
function boxOf(boxes, state) {
  return boxes.find((box) => box.state === state);
}

/**
 * @param {import("./machine-parts.js").Box | undefined} one
 * @param {import("./machine-parts.js").Box | undefined} other
 */
function without(one, other) {
  return (one?.watchers ?? []).filter(({ name }) => !isIn(other, name));
}

/**
 * @param {import("./machine-parts.js").Box | undefined} one
 * @param {import("./machine-parts.js").Box | undefined} other
 */
function both(one, other) {
  return (one?.watchers ?? []).filter(({ name }) => isIn(other, name));
}

/**
 * @param {import("./machine-parts.js").Box | undefined} box
 * @param {string} watcher
 */
function isIn(box, watcher) {
  return box?.watchers.some(({ name }) => name === watcher) ?? false;
}
