/** Where lines leave and enter a box at its top and bottom: spread out, in the order of where they go. Pure. */
import type { Placed } from "./place.ts";
import type { Box, Point } from "./shape.ts";

/** One end of a line. */
interface End {
  readonly key: string;
  /** The next point of its line, seen from the box. */
  readonly next: Point;
}

/** From the corners of a box, and between neighbours. */
const pad = 16;
const gap = 24;

/** Key of an end of the line with that index among the placed ones. */
export function endKey(end: "from" | "to", index: number): string {
  return `${end} ${index}`;
}

/** The end of the arrow that leads from the dot to the initial state. */
export const dotKey = "dot";

/** The point of each end, by its key. */
export function portsOf(placed: Placed, initialState: string): Map<string, Point> {
  const ends = endsByState(placed);
  ends.get(initialState)?.push({ key: dotKey, next: placed.dot });
  const ports = new Map<string, Point>();
  for (const box of placed.boxes) {
    const all = ends.get(box.state) ?? [];
    const [above, below] = [
      all.filter(({ next }) => next.y < box.y),
      all.filter(({ next }) => next.y >= box.y),
    ];
    spread(box, above, box.y - box.height / 2, ports);
    spread(box, below, box.y + box.height / 2, ports);
  }
  return ports;
}

function endsByState({ boxes, lines }: Placed): Map<string, End[]> {
  const ends = new Map<string, End[]>(boxes.map(({ state }) => [state, []]));
  lines.forEach(({ arrow, points, label }, index) => {
    ends.get(arrow.from)?.push({ key: endKey("from", index), next: points.at(0) ?? label });
    ends.get(arrow.to)?.push({ key: endKey("to", index), next: points.at(-1) ?? label });
  });
  return ends;
}

/** Each as near to straight above or below its next point as the others let it. */
function spread(box: Box, ends: readonly End[], y: number, ports: Map<string, Point>): void {
  const [left, right] = [box.x - box.width / 2 + pad, box.x + box.width / 2 - pad];
  const sorted = [...ends].sort((one, other) => one.next.x - other.next.x);
  const step = Math.min(gap, (right - left) / Math.max(1, sorted.length - 1));
  let least = left;
  sorted.forEach(({ key, next }, index) => {
    const most = right - (sorted.length - 1 - index) * step;
    const x = Math.min(Math.max(next.x, least), most);
    ports.set(key, { x, y });
    least = x + step;
  });
}
