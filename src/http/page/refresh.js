/** A number that is another every so often while somebody looks, for what the daemon tells only when asked. */
import { useEffect, useState } from "preact/hooks";

/** @param {number} everyMs @returns {number} */
export function useRefresh(everyMs) {
  const [count, setCount] = useState(0);
  useEffect(() => {
    const look = () => {
      if (!document.hidden) setCount((before) => before + 1);
    };
    const timer = setInterval(look, everyMs);
    document.addEventListener("visibilitychange", look);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", look);
    };
  }, [everyMs]);
  return count;
}
