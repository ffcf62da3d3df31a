/** A line as it is drawn, what it must not go through, and whether it does. Pure. */
import { bowsOf } from "./path.ts";
import type { Area, Point } from "./shape.ts";

export type Step = readonly [Point, Point];

/** Short straight steps that together are the line as it is drawn, and the room that they take. */
export interface Track {
  readonly steps: readonly Step[];
  readonly extent: Area;
}

export function trackOf(points: readonly Point[]): Track {
  const [first, last] = [points.at(0), points.at(-1)];
  if (!first || !last) return { steps: [], extent: { x: 0, y: 0, width: 0, height: 0 } };
  const bent = bowsOf(points).flatMap(({ start, corner, end }) =>
    [0, 0.25, 0.5, 0.75, 1].map((part) => bowPoint(start, corner, end, part)),
  );
  const all = [first, ...bent, last];
  return { steps: all.slice(1).map((point, index) => [all[index] ?? point, point]), extent: extentOf(all) };
}

/** Whether the line enters the area grown by that margin. */
export function enters({ steps, extent }: Track, area: Area, margin: number): boolean {
  return overlap(extent, area, margin) && steps.some((step) => cuts(step, area, margin));
}

export function overlap(one: Area, other: Area, margin = 0): boolean {
  return (
    Math.abs(one.x - other.x) <= (one.width + other.width) / 2 + margin - 1e-6 &&
    Math.abs(one.y - other.y) <= (one.height + other.height) / 2 + margin - 1e-6
  );
}

/** How often two lines cross. */
export function crossingsOf(one: Track, other: Track): number {
  if (!overlap(one.extent, other.extent, 1)) return 0;
  let count = 0;
  for (const step of one.steps) {
    const near = other.steps.filter((otherStep) => doCross(step, otherStep));
    count += near.length;
  }
  return count;
}

function doCross([a, b]: Step, [c, d]: Step): boolean {
  return side(a, b, c) * side(a, b, d) < 0 && side(c, d, a) * side(c, d, b) < 0;
}

function side(a: Point, b: Point, point: Point): number {
  return Math.sign((b.x - a.x) * (point.y - a.y) - (b.y - a.y) * (point.x - a.x));
}

function bowPoint(start: Point, corner: Point, end: Point, part: number): Point {
  const [one, two, three] = [(1 - part) ** 2, 2 * part * (1 - part), part ** 2];
  return {
    x: one * start.x + two * corner.x + three * end.x,
    y: one * start.y + two * corner.y + three * end.y,
  };
}

export function extentOf(points: readonly Point[]): Area {
  let [left, right, top, bottom] = [Infinity, -Infinity, Infinity, -Infinity];
  for (const { x, y } of points) {
    left = Math.min(left, x);
    right = Math.max(right, x);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y);
  }
  return { x: (left + right) / 2, y: (top + bottom) / 2, width: right - left, height: bottom - top };
}

/** Liang and Barsky: the part of the way that is inside all four borders. */
function cuts([one, other]: Step, area: Area, margin: number): boolean {
  const [width, height] = [area.width / 2 + margin, area.height / 2 + margin];
  const left = Math.min(one.x, other.x) >= area.x + width || Math.max(one.x, other.x) <= area.x - width;
  const above = Math.min(one.y, other.y) >= area.y + height || Math.max(one.y, other.y) <= area.y - height;
  if (left || above) return false;
  const across = inside(one.x, other.x, area.x, width);
  const down = inside(one.y, other.y, area.y, height);
  return Math.max(across[0], down[0], 0) < Math.min(across[1], down[1], 1) - 1e-9;
}

/** From which to which part of the way from `one` to `other` it is nearer to the middle than `half`. */
function inside(one: number, other: number, middle: number, half: number): readonly [number, number] {
  if (one === other) return Math.abs(one - middle) < half ? [0, 1] : [1, 0];
  const first = (middle - half - one) / (other - one);
  const second = (middle + half - one) / (other - one);
  return first < second ? [first, second] : [second, first];
}
