/** Messages that handlers have given up on: why, and what to do about it. */
import { useState } from "preact/hooks";
import { ask, may } from "../api.js";
import { Dialog } from "../dialog.js";
import { html } from "../html.js";
import { Nothing } from "../notice.js";
import { Age } from "../time.js";

/**
 * @typedef {{ attempts: number, error?: string, dead?: true }} Delivery
 * @typedef {{ id: string, topic: string, data: unknown, published: number, waiting: Readonly<Record<string, Delivery>> }} Letter
 */

/** @param {{ letters: readonly Letter[], onChange: () => void }} properties */
export function DeadLetters({ letters, onChange }) {
  return html`
    <section class="panel" aria-label="Dead letters">
      <div class="panel-head">
        <h2>Dead letters <span class="count">${letters.length}</span></h2>
      </div>
      ${
        letters.length === 0
          ? html`<${Nothing} title="No dead letters">A message whose handler fails too often ends up here, until somebody has it tried again or drops it.<//>`
          : html`<ul class="lines">${letters.map((letter) => html`<${DeadLetter} key=${letter.id} letter=${letter} onChange=${onChange} />`)}</ul>`
      }
    </section>
  `;
}

/** @param {{ letter: Letter, onChange: () => void }} properties */
function DeadLetter({ letter, onChange }) {
  const { id, topic, data, published, waiting } = letter;
  const [asked, setAsked] = useState(/** @type {"retry" | "drop" | undefined} */ (undefined));
  const dead = Object.entries(waiting).filter(([, delivery]) => delivery.dead);
  return html`
    <li class="line dead-letter">
      <div class="line-text">
        <span><strong>${topic}</strong> <span class="quiet-text">published <${Age} since=${new Date(published).toISOString()} /> ago</span></span>
        ${dead.map(([name, delivery]) => html`<${Failure} key=${name} name=${name} delivery=${delivery} />`)}
        <details>
          <summary>Message <code class="quiet-text">${id}</code></summary>
          <pre tabindex="0" aria-label="The message as JSON">${JSON.stringify(data, null, 2)}</pre>
        </details>
      </div>
      ${
        may("write") &&
        html`
          <div class="line-actions">
            <button onClick=${() => setAsked("retry")} aria-label=${`Try again: ${id}`}>Try again</button>
            <button onClick=${() => setAsked("drop")} aria-label=${`Drop ${id}`}>Drop</button>
          </div>
        `
      }
      ${asked && html`<${Ask} asked=${asked} letter=${letter} onChange=${onChange} onClose=${() => setAsked(undefined)} />`}
    </li>
  `;
}

/** @param {{ name: string, delivery: Delivery }} properties */
function Failure({ name, delivery: { attempts, error } }) {
  const who = name === "." ? "Its handler" : name;
  return html`
    <div class="failure">
      <span>${who} failed ${attempts === 1 ? "once, with" : `${attempts} times, the last time with`}</span>
      <pre tabindex="0" aria-label="The last error">${error || "no word of why"}</pre>
    </div>
  `;
}

/** @param {{ asked: "retry" | "drop", letter: Letter, onChange: () => void, onClose: () => void }} properties */
function Ask({ asked, letter: { id, topic, waiting }, onChange, onClose }) {
  const path = `/v1/dead-letters/${encodeURIComponent(id)}`;
  const names = Object.keys(waiting).map((name) => (name === "." ? "the handler" : name));
  const retry = async () => {
    await ask("POST", `${path}/retry`);
    onChange();
  };
  const drop = async () => {
    await ask("DELETE", path);
    onChange();
  };
  if (asked === "retry")
    return html`
      <${Dialog} title="Try this message again?" action="Try again" onConfirm=${retry} onClose=${onClose}>
        <p>It is given to ${names.join(" and ")} of <strong>${topic}</strong> again at once, with all attempts before it.</p>
      <//>
    `;
  return html`
    <${Dialog} title="Drop this message?" action="Drop" isDangerous onConfirm=${drop} onClose=${onClose}>
      <p>Message <code>${id}</code> is deleted, and ${names.join(" and ")} of <strong>${topic}</strong> never get it. It cannot be had back.</p>
    <//>
  `;
}
