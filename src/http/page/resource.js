/** What a view asks the daemon for: the last answer stays in sight while the next one is under way. */
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { get } from "./api.js";

/**
 * @template Value
 * @typedef {{ value: Value | undefined, error: Error | undefined, reload: () => void }} Resource
 */

/**
 * @template [Value=any]
 * @param {string | undefined} path undefined: nothing is asked for
 * @param {unknown} [version] asks again when it is another
 * @returns {Resource<Value>} `value` is undefined until the first answer for this path
 */
export function useResource(path, version) {
  const [answer, setAnswer] = useState(/** @type {{ path?: string, value?: any, error?: Error }} */ ({}));
  const [again, setAgain] = useState(0);
  const order = useRef({ asked: 0, answered: 0 });
  // Not after the frame: each answer that waits for another would cost one.
  useLayoutEffect(() => {
    if (path === undefined) return;
    order.current.asked += 1;
    const nth = order.current.asked;
    // An older answer is better than none: of what changes all the time, the newest one might never come.
    const isNewest = () => {
      if (nth < order.current.answered) return false;
      order.current.answered = nth;
      return true;
    };
    get(path).then(
      (value) =>
        isNewest() && setAnswer((before) => (isSame(before, path, value) ? before : { path, value })),
      // What was there before is still the best that is known.
      (error) =>
        isNewest() && setAnswer((before) => (before.path === path ? { ...before, error } : { path, error })),
    );
  }, [path, version, again]);
  const reload = () => setAgain((count) => count + 1);
  if (answer.path !== path) return { value: undefined, error: undefined, reload };
  return { value: answer.value, error: answer.error, reload };
}

/**
 * Then nothing is drawn anew.
 * @param {{ path?: string, value?: any, error?: Error }} before
 * @param {string} path
 * @param {any} value
 */
function isSame(before, path, value) {
  return before.path === path && !before.error && JSON.stringify(before.value) === JSON.stringify(value);
}
