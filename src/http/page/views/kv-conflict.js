/** Somebody else has changed what is being edited: what they wrote, what is different, and which of the two it shall be. */
import { html } from "../html.js";
import { Age } from "../time.js";
import { KvDiff } from "./kv-diff.js";
import { KvValue } from "./kv-value.js";
import { draftOf, readable, valueIn } from "./kv-value-text.js";

/**
 * @param {object} properties
 * @param {import("./kv-drafts.js").Edit} properties.edit
 * @param {import("./kv-value-text.js").Entry | undefined} properties.theirs undefined: deleted, or its life is over
 * @param {() => void} properties.onTake
 * @param {() => void} properties.onOverwrite
 */
export function KvConflict({ edit, theirs, onTake, onOverwrite }) {
  if (!theirs) return html`<${Deleted} onTake=${onTake} onOverwrite=${onOverwrite} />`;
  const [before, after] = textsOf(theirs, edit);
  return html`
    <div class="kv-conflict">
      <p role="alert">
        <strong>Changed by somebody else at revision ${theirs.revision}</strong>, <${Age} since=${theirs.created} /> ago.
        ${edit.base ? ` You began with revision ${edit.base.revision}.` : " There was no value when you began."}
        ${before === after ? " They wrote the same as you." : " Your text is untouched, and not saved."}
      </p>
      ${
        before !== after &&
        html`
          <h2>From theirs to yours</h2>
          <${KvDiff} before=${before} after=${after} label="From their value to yours" />
          <details><summary>Their value</summary><${KvValue} name=${theirs.key} entry=${theirs} /></details>
        `
      }
      <div class="kv-editor-actions">
        <button onClick=${onTake}>Take theirs</button>
        ${before !== after && html`<button class="danger" onClick=${onOverwrite}>Overwrite theirs</button>`}
      </div>
    </div>
  `;
}

/** @param {{ onTake: () => void, onOverwrite: () => void }} properties */
function Deleted({ onTake, onOverwrite }) {
  return html`
    <div class="kv-conflict">
      <p role="alert"><strong>The key has no value any more</strong>: somebody else deleted it, or its life is over. Your text is untouched, and not saved.</p>
      <div class="kv-editor-actions">
        <button onClick=${onTake}>Leave it deleted</button>
        <button class="danger" onClick=${onOverwrite}>Put mine</button>
      </div>
    </div>
  `;
}

/**
 * Base64 that is being written may be none yet: it is compared as it is written.
 * @param {import("./kv-value-text.js").Entry} theirs
 * @param {import("./kv-drafts.js").Edit} edit
 */
function textsOf(theirs, edit) {
  if (edit.format === "base64") return [draftOf(theirs).text, edit.text];
  return [readable(theirs).text, readable(valueIn(edit)).text];
}
