/** A value that views follow. */
import { useLayoutEffect, useState } from "preact/hooks";

/**
 * @template Value
 * @typedef {object} Store
 * @property {() => Value} get
 * @property {(value: Value) => void} set
 * @property {(listener: () => void) => () => void} subscribe returns the undo
 */

/**
 * @template Value
 * @param {Value} value
 * @returns {Store<Value>}
 */
export function createStore(value) {
  const listeners = new Set();
  return {
    get: () => value,
    set(next) {
      if (Object.is(value, next)) return;
      value = next;
      for (const listener of listeners) listener();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/**
 * What a component needs of the store; it is drawn anew only when that is another.
 * @template Value, Part
 * @param {Store<Value>} store
 * @param {(value: Value) => Part} select
 * @returns {Part}
 */
export function usePart(store, select) {
  const [, redraw] = useState({});
  const part = select(store.get());
  useLayoutEffect(() => {
    const look = () => {
      if (!Object.is(select(store.get()), part)) redraw({});
    };
    look();
    return store.subscribe(look);
  });
  return part;
}

/**
 * @template Value
 * @param {Store<Value>} store
 * @returns {Value}
 */
export function useStore(store) {
  return usePart(store, (value) => value);
}
