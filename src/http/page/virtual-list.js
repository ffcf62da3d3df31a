/** A list of many rows of one height, of which only those in sight are drawn. */
import { useEffect, useRef, useState } from "preact/hooks";
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
 */
export function VirtualList({ items, rowHeight, row, label, inSight }) {
  const element = useRef(/** @type {HTMLDivElement | null} */ (null));
  const [view, setView] = useState({ top: 0, height: 600 });
  useEffect(() => {
    const box = element.current;
    if (!box) return undefined;
    const look = () => setView({ top: box.scrollTop, height: box.clientHeight });
    const sizes = new ResizeObserver(look);
    sizes.observe(box);
    box.addEventListener("scroll", look, { passive: true });
    return () => {
      sizes.disconnect();
      box.removeEventListener("scroll", look);
    };
  }, []);
  useEffect(() => {
    const box = element.current;
    if (!box || inSight === undefined || inSight < 0) return;
    const top = inSight * rowHeight;
    if (top < box.scrollTop) box.scrollTop = top;
    else if (top + rowHeight > box.scrollTop + box.clientHeight)
      box.scrollTop = top + rowHeight - box.clientHeight;
  }, [inSight, rowHeight]);
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
