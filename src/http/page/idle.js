/** What can wait until the page has nothing better to do. */

const longestMs = 200;

/**
 * @param {() => () => void} begin returns its end
 * @returns {() => void} ends it, or lets it not begin
 */
export function whenIdle(begin) {
  // Safari cannot say when it is idle.
  if (!("requestIdleCallback" in globalThis)) return begin();
  let end = () => cancelIdleCallback(asked);
  const asked = requestIdleCallback(
    () => {
      end = begin();
    },
    { timeout: longestMs },
  );
  return () => end();
}
