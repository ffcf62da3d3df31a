/**
 * Edits a value. What is saved replaces exactly the revision that editing began with: when somebody else was faster, both texts
 * are shown, and one decides.
 */
import { useEffect, useState } from "preact/hooks";
import { ApiError } from "../api.js";
import { html } from "../html.js";
import { jsonFault, prettyJson } from "../json-text.js";
import { KvConflict } from "./kv-conflict.js";
import { putEntry } from "./kv-store.js";
import { draftOf, valueIn } from "./kv-value-text.js";

/**
 * @typedef {import("./kv-value-text.js").Entry} Entry
 * @typedef {import("./kv-drafts.js").Edit} Edit
 */

/**
 * @param {object} properties
 * @param {string} properties.path
 * @param {Edit} properties.edit
 * @param {(edit: Edit | undefined) => void} properties.setEdit
 * @param {Entry | undefined} properties.theirs what the key has now, undefined: no value
 * @param {number} properties.bucketTtlMs
 * @param {() => void} properties.reload asks for `theirs` again
 */
export function KvEditor({ path, edit, setEdit, theirs, bucketTtlMs, reload }) {
  const { isBusy, refused, save } = useSaving({ path, edit, setEdit, theirs, reload });
  const { base, text } = edit;
  const isOvertaken = !isBusy && theirs?.revision !== base?.revision;
  const isChanged = base === undefined || text !== draftOf(base).text;
  useKeeping(isChanged);
  const takeTheirs = () => setEdit(theirs && { base: theirs, ...draftOf(theirs) });
  const mayObey = !isBusy && !isOvertaken && isChanged;
  const onSave = () => void save(base?.revision ?? "absent");
  /** @param {KeyboardEvent} event */
  const onKeyDown = (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || !mayObey) return;
    event.preventDefault();
    onSave();
  };
  return html`
    <div class="kv-editor" onKeyDown=${onKeyDown}>
      ${isOvertaken && html`<${KvConflict} edit=${edit} theirs=${theirs} onTake=${takeTheirs} onOverwrite=${() => void save(theirs?.revision ?? "absent")} />`}
      <${Field} edit=${edit} setEdit=${setEdit} />
      ${base?.ttlMs !== undefined && base.ttlMs !== bucketTtlMs && html`<p class="quiet-text">The value that is there ends by itself. What you save stays until somebody changes it.</p>`}
      ${refused && !isOvertaken && html`<p class="refusal" role="alert">${refused}</p>`}
      <div class="kv-editor-actions">
        <span class="quiet-text">${base ? `Replaces revision ${base.revision}, and nothing newer.` : "Is put only if there is no value yet."}</span>
        <button onClick=${() => setEdit(undefined)}>Cancel</button>
        <button class="primary" disabled=${!mayObey} title="Ctrl+Enter" onClick=${onSave}>Save</button>
      </div>
    </div>
  `;
}

/**
 * @param {Omit<Parameters<typeof KvEditor>[0], "bucketTtlMs">} properties
 */
function useSaving({ path, edit, setEdit, theirs, reload }) {
  const [phase, setPhase] = useState(/** @type {"open" | "saving" | { saved: number }} */ ("open"));
  const [refused, setRefused] = useState("");
  // The editor stays until what it saved is what is shown.
  const isShown = typeof phase === "object" && (theirs === undefined || theirs.revision >= phase.saved);
  useEffect(() => {
    if (isShown) setEdit(undefined);
  }, [isShown]);
  /** @param {import("./kv-store.js").Expected} expected */
  const save = async (expected) => {
    setPhase("saving");
    setRefused("");
    try {
      setPhase({ saved: await putEntry(path, valueIn(edit), expected) });
      reload();
    } catch (cause) {
      setPhase("open");
      setRefused(cause instanceof Error ? cause.message : String(cause));
      if (cause instanceof ApiError && cause.status === 412) reload();
    }
  };
  return { isBusy: phase !== "open", refused, save };
}

/** Asks before the tab is closed with a text that was not saved. @param {boolean} isChanged */
function useKeeping(isChanged) {
  useEffect(() => {
    if (!isChanged) return undefined;
    /** @param {BeforeUnloadEvent} event */
    const keep = (event) => event.preventDefault();
    addEventListener("beforeunload", keep);
    return () => removeEventListener("beforeunload", keep);
  }, [isChanged]);
}

/** @param {{ edit: Edit, setEdit: (edit: Edit) => void }} properties */
function Field({ edit, setEdit }) {
  const { format, text } = edit;
  const label = format === "base64" ? "Value, as base64" : "Value";
  return html`
    <div class="field">
      <div class="kv-field-label">
        <label for="kv-value-field">${label}</label>
        <${JsonHint} edit=${edit} onFormat=${(/** @type {string} */ pretty) => setEdit({ ...edit, text: pretty })} />
      </div>
      <textarea
        id="kv-value-field"
        class="kv-textarea"
        spellcheck=${false}
        rows=${Math.min(Math.max(text.split("\n").length + 1, 6), 24)}
        value=${text}
        onInput=${(/** @type {{ currentTarget: HTMLTextAreaElement }} */ { currentTarget }) => setEdit({ ...edit, text: currentTarget.value })}
      ></textarea>
    </div>
  `;
}

/**
 * For what is JSON, or was: a slip of the finger shows before whoever reads the key stumbles over it.
 * @param {{ edit: Edit, onFormat: (pretty: string) => void }} properties
 */
function JsonHint({ edit: { base, format, text }, onFormat }) {
  const isMeant = prettyJson(base?.value ?? "") !== undefined || /^\s*[{[]/.test(text);
  if (format !== "text" || !isMeant) return null;
  const fault = jsonFault(text);
  if (fault !== undefined) return html`<span class="kv-json-fault" role="status">not JSON: ${fault}</span>`;
  const pretty = prettyJson(text);
  return html`
    <span class="kv-json-good">JSON</span>
    ${pretty !== undefined && pretty !== text && html`<button type="button" class="quiet" onClick=${() => onFormat(pretty)}>Format</button>`}
  `;
}
