/** A list of many rows of one height, of which only those in sight are drawn. */
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { html } from "./html.js";

/** Rows beyond the edges, so that scrolling shows no gaps. */
const spare = 8;

/**
 * @template Item
 * @param {object} properties
 * @param {readonly Item[]} properties.items
 * @param {number} properties.rowHeight in px; the stylesheet gives rows the same
 * @param {(item: Item, index: number) => unknown} properties.row an `<li>` with a key
 * @param {string} properties.label
 * @param {number} [properties.inSight] index of the row to scroll to when it is another
 * @param {(item: Item) => string} [properties.keyOf] when rows come and go before those in sight: whoever has scrolled stays where
 * they are, and the row `inSight` is another only when its key is
 * @param {(isAtStart: boolean) => void} [properties.onScroll]
 */
export function VirtualList({ items, rowHeight, row, label, inSight, keyOf, onScroll }) {
  const element = useRef(/** @type {HTMLDivElement | null} */ (null));
  const [view, setView] = useState({ top: 0, height: 600 });
  useSteady(element, { items, rowHeight, keyOf }, setView);
  useEffect(() => {
    const box = element.current;
    if (!box) return undefined;
    const look = () => {
      setView({ top: box.scrollTop, height: box.clientHeight });
      onScroll?.(box.scrollTop < rowHeight);
    };
    const sizes = new ResizeObserver(look);
    sizes.observe(box);
    box.addEventListener("scroll", look, { passive: true });
    return () => {
      sizes.disconnect();
      box.removeEventListener("scroll", look);
    };
  }, [onScroll, rowHeight]);
  const target = inSight === undefined || inSight < 0 ? undefined : items[inSight];
  useEffect(() => {
    const box = element.current;
    if (!box || inSight === undefined || inSight < 0) return;
    const top = inSight * rowHeight;
    if (top < box.scrollTop) box.scrollTop = top;
    else if (top + rowHeight > box.scrollTop + box.clientHeight)
      box.scrollTop = top + rowHeight - box.clientHeight;
  }, [target && keyOf ? keyOf(target) : inSight, rowHeight]);
  const first = Math.max(Math.floor(view.top / rowHeight) - spare, 0);
  const last = Math.min(Math.ceil((view.top + view.height) / rowHeight) + spare, items.length);
  return html`
    <div class="virtual-list" ref=${element} tabindex="-1">
      <svg class="rows-before" width="1" height=${first * rowHeight} aria-hidden="true"></svg>
      <ul aria-label=${label}>${items.slice(first, last).map((item, index) => row(item, first + index))}</ul>
      <svg class="rows-after" width="1" height=${(items.length - last) * rowHeight} aria-hidden="true"></svg>
    </div>
  `;
}

/**
 * Whoever is at the start stays there and sees what comes; whoever has scrolled away keeps the rows that they look at.
 * @template Item
 * @param {import("preact").RefObject<HTMLDivElement | null>} element
 * @param {{ items: readonly Item[], rowHeight: number, keyOf: ((item: Item) => string) | undefined }} list
 * @param {(view: { top: number, height: number }) => void} setView
 */
function useSteady(element, { items, rowHeight, keyOf }, setView) {
  const before = useRef(items);
  useLayoutEffect(() => {
    const box = element.current;
    const known = before.current;
    before.current = items;
    if (!box || !keyOf || known === items || box.scrollTop < rowHeight) return;
    const first = known[Math.floor(box.scrollTop / rowHeight)];
    if (first === undefined) return;
    const key = keyOf(first);
    const index = items.findIndex((item) => keyOf(item) === key);
    if (index < 0) return;
    box.scrollTop = index * rowHeight + (box.scrollTop % rowHeight);
    // Not with the scroll event, which comes after these rows were painted at the other place.
    setView({ top: box.scrollTop, height: box.clientHeight });
  }, [items]);
}
