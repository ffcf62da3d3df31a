/** What stands above everything: which machine, where it is, since when and why, and what it may do. */
import { may } from "../api.js";
import { StateBadge } from "../health.js";
import { html } from "../html.js";
import { linkTo } from "../route.js";
import { Age, useNow } from "../time.js";
import { byWhom, waysOf } from "./machine-parts.js";
import { Pause } from "./machine-pause.js";

/**
 * @param {object} properties
 * @param {import("./machine-parts.js").Details} properties.machine
 * @param {readonly import("./machine-parts.js").Line[]} properties.lines
 * @param {Readonly<Record<string, string>>} properties.query
 * @param {string} properties.path of the machine
 * @param {(transition: string) => void} properties.onTransition
 */
export function MachineHead({ machine, lines, query, path, onTransition }) {
  return html`
    <header class="machine-head">
      <a class="machine-back" href=${linkTo(["machines"], { filter: query.filter })}>‹ Machines</a>
      <h1>${machine.name} ${machine.version && html`<span class="quiet-text">v${machine.version}</span>`}</h1>
      <${StateBadge} machine=${machine} />
      <${Why} machine=${machine} />
      ${machine.delayed && html`<${Delayed} delayed=${machine.delayed} />`}
      ${machine.state !== null && html`<${Pause} machine=${machine} path=${path} />`}
      ${may("transition") && machine.transitions.length > 0 && html`<${Buttons} machine=${machine} lines=${lines} onTransition=${onTransition} />`}
    </header>
  `;
}

/** @param {{ machine: import("./machine-parts.js").Details }} properties */
function Why({ machine: { since, last, state, health } }) {
  if (since === null)
    return html`<p class="machine-why">${health === "faulty" ? "does not run" : health}</p>`;
  const cameHere = last !== null && last.to === state && last.at === since;
  return html`
    <p class="machine-why">
      for <${Age} since=${since} />${
        cameHere && html` · from <b>${last.from}</b> via <b>${last.transition}</b> (by ${byWhom(last.by)})`
      }
    </p>
  `;
}

/** @param {{ delayed: NonNullable<import("./machine-parts.js").Details["delayed"]> }} properties */
function Delayed({ delayed: { transition, by, reason, until } }) {
  const restMs = Math.max(Date.parse(until) - useNow(), 0);
  return html`<p class="machine-why" role="status"><b>${transition}</b>: waiting ${(restMs / 1000).toFixed(1)} s: ${reason} (by ${byWhom(by)})</p>`;
}

/** @param {Pick<Parameters<typeof MachineHead>[0], "machine" | "lines" | "onTransition">} properties */
function Buttons({ machine, lines, onTransition }) {
  return html`
    <div class="machine-fire" role="group" aria-label="Transitions legal now">
      ${machine.transitions.map((transition) => {
        const to = [...new Set(waysOf(lines, machine.state, transition).map((line) => line.to))].join(" or ");
        return html`<button key=${transition} title=${to && `to ${to}`} onClick=${() => onTransition(transition)}>${transition}…</button>`;
      })}
    </div>
  `;
}
