/**
 * Leads the lines. Between two rows there is no box and no label, and inside a row every line has its own place: a line that
 * goes straight down through each row and aslant only between them hits nothing. From there each line is made smoother as
 * long as it stays clear of everything. Pure.
 */
import { enters, extentOf, overlap, trackOf } from "./obstacles.ts";
import { distance } from "./path.ts";
import type { Placed, PlacedLine } from "./place.ts";
import { dotKey, endKey, portsOf } from "./ports.ts";
import type { Area, Line, Point } from "./shape.ts";

export interface Routed {
  readonly start: { readonly points: readonly Point[] };
  readonly lines: readonly Line[];
}

/** What a line shall keep off, and by how much it would like to. */
interface Obstacle {
  readonly area: Area;
  readonly margin: number;
  /** Whose own label or box this is; a line may meet its own. */
  readonly owner: unknown;
}

const boxMargin = 10;
const labelMargin = 3;

export function route(placed: Placed, loops: readonly Line[], initialState: string): Routed {
  const ports = portsOf(placed, initialState);
  const rows = rowsOf(placed);
  const obstacles: Obstacle[] = [
    ...placed.boxes.map((box) => ({ area: box, margin: boxMargin, owner: box.state })),
    ...placed.lines.map((line) => ({ area: line.label, margin: labelMargin, owner: line })),
    ...loops.flatMap(({ label, points }) => [
      { area: label, margin: labelMargin, owner: label },
      { area: loopArea(points), margin: labelMargin, owner: points },
    ]),
  ];
  const lines = placed.lines.map((line, index): Line => {
    const [from, to] = [ports.get(endKey("from", index)), ports.get(endKey("to", index))];
    if (!from || !to) return { ...line.arrow, points: line.points, label: line.label };
    const safe = downThroughRows(line, from, to, rows);
    // What it can do without only makes it smaller.
    const { extent } = trackOf(safe);
    const near = obstacles.filter(({ area, margin }) => overlap(extent, area, margin));
    return { ...line.arrow, points: smoother(safe, line, near), label: line.label };
  });
  const end = ports.get(dotKey) ?? placed.dot;
  return { start: { points: [{ x: end.x, y: placed.dot.y }, end] }, lines };
}

/** Rows by their middle: how high each is. */
function rowsOf({ boxes, lines }: Placed): Map<number, number> {
  const rows = new Map<number, number>();
  for (const { y, height } of [...boxes, ...lines.map(({ label }) => label)])
    rows.set(Math.round(y), Math.max(rows.get(Math.round(y)) ?? 0, height));
  return rows;
}

function downThroughRows(
  { points, label }: PlacedLine,
  from: Point,
  to: Point,
  rows: ReadonlyMap<number, number>,
): Point[] {
  const down = (points.at(0) ?? label).y > from.y ? 1 : -1;
  const through = points.flatMap(({ x, y }) => {
    const half = ((rows.get(Math.round(y)) ?? 0) / 2) * down;
    return half === 0
      ? [{ x, y }]
      : [
          { x, y: y - half },
          { x, y },
          { x, y: y + half },
        ];
  });
  const edge = (port: Point, sign: number): Point => {
    const row = [...rows].find(([y, height]) => Math.abs(port.y - y) <= height / 2 + 1);
    return row ? { x: port.x, y: row[0] + (row[1] / 2) * sign } : port;
  };
  return [from, edge(from, down), ...through, edge(to, -down), to].filter(
    (point, index, all) => index === 0 || distance(point, all[index - 1] ?? point) > 0.5,
  );
}

/** Without every point that it can do without; the middle of its label stays on it. */
function smoother(
  given: readonly Point[],
  line: PlacedLine,
  obstacles: readonly Obstacle[],
): readonly Point[] {
  const { points: middles, label } = line;
  let points = given;
  const tryWithout = (point: Point): void => {
    const place = points.indexOf(point);
    // Its bends reach to the neighbours of its neighbours; whatever is not there costs what it did.
    const around = extentOf(points.slice(Math.max(place - 2, 0), place + 3));
    const near = obstacles.filter(({ area, margin }) => overlap(around, area, margin));
    const fewer = points.toSpliced(place, 1);
    if (near.length === 0 || costOf(fewer, line, near) <= costOf(points, line, near)) points = fewer;
  };
  const isMiddle = (point: Point): boolean =>
    middles.some((middle) => middle.x === point.x && middle.y === point.y);
  for (const point of given.slice(1, -1)) if (!isMiddle(point)) tryWithout(point);
  for (const point of points.slice(1, -1)) {
    const place = points.indexOf(point);
    const off = offLine(point, points[place - 1] ?? point, points[place + 1] ?? point);
    if (off < (distance(point, label) < 1 ? 2 : 12)) tryWithout(point);
  }
  return points;
}

function offLine(point: Point, one: Point, other: Point): number {
  const area = (other.x - one.x) * (point.y - one.y) - (other.y - one.y) * (point.x - one.x);
  return Math.abs(area) / Math.max(distance(one, other), 1e-9);
}

/** Hits weigh most, then what is too near. */
function costOf(points: readonly Point[], line: PlacedLine, obstacles: readonly Obstacle[]): number {
  let cost = 0;
  const whole = trackOf(points);
  for (const { area, margin, owner } of obstacles) {
    if (owner === line || !overlap(whole.extent, area, margin)) continue;
    const track = isEnd(owner, line) ? trackOf(partThatMayHit(points, owner, line)) : whole;
    if (!enters(track, area, margin)) continue;
    cost += enters(track, area, margin / 5) ? 100 : 1;
  }
  return cost;
}

function isEnd(owner: unknown, { arrow }: PlacedLine): boolean {
  return owner === arrow.from || owner === arrow.to;
}

/** A line touches its own boxes with its ends only. */
function partThatMayHit(points: readonly Point[], owner: unknown, { arrow }: PlacedLine): readonly Point[] {
  return owner === arrow.from ? points.slice(1) : points.slice(0, -1);
}

function loopArea(points: readonly Point[]): Area {
  const [first, out, , last] = points;
  if (!first || !out || !last) return { x: 0, y: 0, width: 0, height: 0 };
  return {
    x: (first.x + out.x) / 2,
    y: (first.y + last.y) / 2,
    width: out.x - first.x,
    height: last.y - first.y,
  };
}
