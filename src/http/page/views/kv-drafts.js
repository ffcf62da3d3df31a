/** What people have begun to write. It stays while they look elsewhere in the page. */
import { useState } from "preact/hooks";

/**
 * `base`: the entry that editing began with, undefined when there was none.
 * @typedef {import("./kv-value-text.js").Draft & { base: import("./kv-value-text.js").Entry | undefined }} Edit
 */

/** @type {Map<string, Edit>} */
const edits = new Map();

/**
 * @param {string} path of the entry, the same for the life of the component
 * @returns {[Edit | undefined, (edit: Edit | undefined) => void]}
 */
export function useEdit(path) {
  const [edit, setEdit] = useState(edits.get(path));
  return [
    edit,
    (next) => {
      if (next) edits.set(path, next);
      else edits.delete(path);
      setEdit(next);
    },
  ];
}
