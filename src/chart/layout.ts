/** Where the boxes and lines of a state chart go. Made once for each definition: on an event nothing moves. Pure. */
import { MachinistError } from "../lib/errors.ts";
import { faultsOf, tangleOf } from "./faults.ts";
import { improved } from "./improve.ts";
import { loopsOf } from "./loops.ts";
import { dotRadius } from "./measures.ts";
import { type ChartSource, type PlaceOptions, place } from "./place.ts";
import { route } from "./route.ts";
import type { Area, ChartLayout, Line, Point } from "./shape.ts";

/** Around everything. */
const margin = 24;

/** Rated in this order; the first without a fault and with the fewest crossings is taken. */
const plans: readonly PlaceOptions[] = [
  { ranker: "network-simplex", align: undefined, nodesep: 48, ranksep: 56 },
  { ranker: "tight-tree", align: undefined, nodesep: 48, ranksep: 56 },
  { ranker: "longest-path", align: undefined, nodesep: 48, ranksep: 56 },
  { ranker: "network-simplex", align: "UL", nodesep: 48, ranksep: 56 },
  { ranker: "network-simplex", align: "DR", nodesep: 48, ranksep: 64 },
  { ranker: "network-simplex", align: undefined, nodesep: 80, ranksep: 90 },
  { ranker: "tight-tree", align: "UL", nodesep: 110, ranksep: 120 },
];
/** So many are tried in any case, fewer the more lines there are; the rest only as long as there are faults. */
function leastPlans({ arrows }: ChartSource): number {
  return Math.max(1, Math.min(5, Math.floor(100 / arrows.length)));
}
/** Each takes longer the more lines there are, and in a thicket none is without faults. */
function mostPlans({ arrows }: ChartSource): number {
  return Math.max(1, Math.floor(400 / arrows.length));
}

const mostStates = 250;
const mostLines = 500;

/** @throws UNSUPPORTED when it would take minutes, and show nothing */
export function checkDrawable({ states, arrows }: ChartSource): void {
  if (states.length <= mostStates && arrows.length <= mostLines) return;
  throw new MachinistError(
    "UNSUPPORTED",
    `a chart of ${states.length} states and ${arrows.length} lines cannot be drawn: at most ${mostStates} and ${mostLines}; \`machinist graph\` shows it as tree, mermaid, dot or json`,
  );
}

/** The same chart has the same layout everywhere. @throws UNSUPPORTED when it is too large */
export function layOut(chart: ChartSource): ChartLayout {
  checkDrawable(chart);
  let best: { layout: ChartLayout; rating: number } | undefined;
  for (const [index, plan] of plans.slice(0, mostPlans(chart)).entries()) {
    const layout = laidOut(chart, plan);
    const faults = faultsOf(layout).length;
    const { crossings, length } = tangleOf(layout.lines);
    const rating = faults * 1e6 + crossings * 220 + length + layout.width + layout.height;
    if (!best || rating < best.rating) best = { layout, rating };
    if (index + 1 >= leastPlans(chart) && best.rating < 1e6) break;
  }
  return best?.layout ?? { width: 0, height: 0, start: { points: [] }, boxes: [], lines: [] };
}

function laidOut(chart: ChartSource, plan: PlaceOptions): ChartLayout {
  const placed = place(chart, plan);
  const loops = loopsOf(chart.arrows, placed.boxes);
  const { start, lines } = route(placed, loops, chart.initialState);
  const all = improved(inOrder(chart, [...lines, ...loops]), placed.boxes);
  return fitted({ start, boxes: placed.boxes, lines: all });
}

/** As the arrows of the chart are. */
function inOrder({ arrows }: ChartSource, lines: readonly Line[]): Line[] {
  const straight = lines.filter(({ from, to }) => from !== to)[Symbol.iterator]();
  const loops = new Map<string, Line[]>();
  for (const line of lines)
    if (line.from === line.to) loops.set(line.from, [...(loops.get(line.from) ?? []), line]);
  return arrows.flatMap(({ from, to }) => {
    const line = from === to ? loops.get(from)?.shift() : straight.next().value;
    return line ? [line] : [];
  });
}

/** Moved so that all of it lies between 0 and the width and height. */
function fitted({ start, boxes, lines }: Omit<ChartLayout, "width" | "height">): ChartLayout {
  const points = [
    ...start.points,
    ...[...boxes, ...lines.map(({ label }) => label)].flatMap(corners),
    ...lines.flatMap((line) => line.points),
  ];
  const [dot] = start.points;
  const left = Math.min(...points.map(({ x }) => x)) - margin;
  const top = Math.min((dot?.y ?? 0) - dotRadius, ...points.map(({ y }) => y)) - margin;
  const moved = <P extends Point>(point: P): P => ({
    ...point,
    x: round(point.x - left),
    y: round(point.y - top),
  });
  return {
    width: Math.ceil(Math.max(...points.map(({ x }) => x)) + margin - left),
    height: Math.ceil(Math.max(...points.map(({ y }) => y)) + margin - top),
    start: { points: start.points.map(moved) },
    boxes: boxes.map(moved),
    lines: lines.map((line) => ({ ...line, points: line.points.map(moved), label: moved(line.label) })),
  };
}

function corners({ x, y, width, height }: Area): Point[] {
  return [
    { x: x - width / 2, y: y - height / 2 },
    { x: x + width / 2, y: y + height / 2 },
  ];
}

function round(number: number): number {
  return Math.round(number * 10) / 10;
}
