/** What a machine knows, as a tree; items can be set and removed. */
import { useState } from "preact/hooks";
import { may } from "../api.js";
import { html } from "../html.js";
import { Nothing } from "../notice.js";
import { Age } from "../time.js";
import { JsonNode } from "./json-tree.js";
import { pathKey } from "./machine-data-changes.js";
import { RemoveDialog, SetDialog } from "./machine-data-dialogs.js";

/** @param {{ machine: import("./machine-parts.js").Details, changes: import("./machine-data-changes.js").Changes, path: string }} properties */
export function MachineData({ machine, changes, path }) {
  /** `set` without an item: a new one. */
  const [asked, setAsked] = useState(
    /** @type {{ what: "set" | "remove", item: string | undefined } | undefined} */ (undefined),
  );
  const close = () => setAsked(undefined);
  const mayChange = may("write") && machine.state !== null;
  const items = Object.entries(machine.data);
  return html`
    <div class="machine-data">
      <div class="panel-head">
        <p class="quiet-text">${changes.at === "" ? "What changes while you look is marked." : html`Changed <${Age} since=${changes.at} /> ago: ${changedNames(changes)}.`}</p>
        ${mayChange && html`<button onClick=${() => setAsked({ what: "set", item: undefined })}>Set an item…</button>`}
      </div>
      ${
        items.length > 0
          ? html`<ul class="data-items">${items.map(
              ([item, value]) => html`
              <li key=${item} class="data-item">
                <${JsonNode} name=${item} value=${value} path=${[item]} changes=${changes} />
                ${mayChange && html`<span class="data-actions"><button class="quiet" aria-label=${`Set ${item}`} onClick=${() => setAsked({ what: "set", item })}>Set…</button><button class="quiet" aria-label=${`Remove ${item}`} onClick=${() => setAsked({ what: "remove", item })}>Remove…</button></span>`}
              </li>`,
            )}</ul>`
          : html`<${Nothing} title="No data">Watchers put here what they find, and so can you.<//>`
      }
      ${asked?.what === "set" && html`<${SetDialog} machine=${machine} item=${asked.item} path=${path} onClose=${close} />`}
      ${asked?.what === "remove" && asked.item !== undefined && html`<${RemoveDialog} machine=${machine} item=${asked.item} path=${path} onClose=${close} />`}
    </div>
  `;
}

/**
 * The items that changed, those that are gone among them.
 * @param {import("./machine-data-changes.js").Changes} changes
 */
function changedNames({ before }) {
  const names = [...before.keys()].map((key) => JSON.parse(key)).map(([name]) => name);
  return [...new Set(names)].map((name) => (before.has(pathKey([name])) ? name : `in ${name}`)).join(", ");
}
