/** A line with round corners, as it is drawn. Pure, and served to the page. */
import type { Point } from "./shape.ts";

/** Straight to `start`, then in a bow around `corner` to `end`. */
export interface Bow {
  readonly start: Point;
  readonly corner: Point;
  readonly end: Point;
}

const cornerReach = 26;
/** The arrow head goes on so far from where its line ends. */
export const headReach = 6;

/** The text of a path's `d`. It ends where the arrow head begins. */
export function pathText(points: readonly Point[]): string {
  const [first, last] = [points.at(0), points.at(-1)];
  const before = points.at(-2);
  if (!first || !last || !before) return "";
  const bows = bowsOf(points).map(({ start, corner, end }) => `L${at(start)} Q${at(corner)} ${at(end)}`);
  return [`M${at(first)}`, ...bows, `L${at(towards(last, before, headReach))}`].join(" ");
}

/** One at each inner point; none reaches further than half of the way to the next one. */
export function bowsOf(points: readonly Point[]): Bow[] {
  return points.slice(1, -1).map((corner, index) => {
    const [before, after] = [points[index] ?? corner, points[index + 2] ?? corner];
    const reach = Math.min(cornerReach, distance(before, corner) / 2, distance(corner, after) / 2);
    return { start: towards(corner, before, reach), corner, end: towards(corner, after, reach) };
  });
}

export function distance(one: Point, other: Point): number {
  return Math.hypot(one.x - other.x, one.y - other.y);
}

/** The point so far from `from` on the way to `to`, at most at it. */
function towards(from: Point, to: Point, reach: number): Point {
  const part = Math.min(1, reach / Math.max(distance(from, to), 1e-9));
  return { x: from.x + (to.x - from.x) * part, y: from.y + (to.y - from.y) * part };
}

function at({ x, y }: Point): string {
  return `${Math.round(x * 10) / 10} ${Math.round(y * 10) / 10}`;
}
