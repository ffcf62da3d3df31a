/** Where the boxes and lines of a state chart go. Made once for each definition: on an event nothing moves. Pure. */
import { Graph, layout } from "@dagrejs/dagre";
import type { Arrow, StateChart } from "../definition/state-chart.ts";

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A state. `x`, `y`: its middle. */
export interface Box extends Point {
  readonly state: string;
  readonly width: number;
  readonly height: number;
}

/** A transition, from border to border; `label` is the middle of its name. */
export interface Line extends Arrow {
  readonly points: readonly Point[];
  readonly label: Point;
}

export interface ChartLayout {
  readonly width: number;
  readonly height: number;
  readonly boxes: readonly Box[];
  readonly lines: readonly Line[];
}

/** Of a monospace font of 12 to 13 px. */
const characterWidth = 7.4;
const lineHeight = 18;
const boxHeight = 44;
const loopReach = 24;

export function layOut({ states, arrows }: Pick<StateChart, "states" | "arrows">): ChartLayout {
  const graph = new Graph({ multigraph: true, directed: true });
  graph.setGraph({ rankdir: "TB", nodesep: 40, ranksep: 50, edgesep: 20, marginx: 20, marginy: 20 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const state of states) {
    // Room for loops on both sides, so that the box stays in the middle of it.
    const room = 2 * loopRoom(arrows.filter((arrow) => isLoop(arrow) && arrow.from === state));
    graph.setNode(state, { width: boxWidth(state) + room, height: boxHeight });
  }
  for (const [index, arrow] of arrows.entries()) {
    if (isLoop(arrow)) continue;
    const size = { width: labelWidth(arrow), height: lineHeight, labelpos: "c" as const };
    graph.setEdge(arrow.from, arrow.to, size, String(index));
  }
  layout(graph);
  const boxes = states.map((state) => {
    const { x = 0, y = 0 } = graph.node(state);
    return { state, x, y, width: boxWidth(state), height: boxHeight };
  });
  const { width = 0, height = 0 } = graph.graph();
  return {
    width,
    height,
    boxes,
    lines: linesOf(graph, arrows, new Map(boxes.map((box) => [box.state, box]))),
  };
}

function linesOf(graph: Graph, arrows: readonly Arrow[], boxes: ReadonlyMap<string, Box>): Line[] {
  const loops = new Map<string, number>();
  return arrows.flatMap((arrow, index) => {
    const [from, to] = [boxes.get(arrow.from), boxes.get(arrow.to)];
    if (!from || !to) return [];
    if (isLoop(arrow)) {
      const nth = loops.get(arrow.from) ?? 0;
      loops.set(arrow.from, nth + 1);
      return [loopLine(arrow, from, nth)];
    }
    const { points = [], x = 0, y = 0 } = graph.edge(arrow.from, arrow.to, String(index));
    const inner = points.slice(1, -1);
    const first = borderPoint(from, inner.at(0) ?? to);
    const last = borderPoint(to, inner.at(-1) ?? from);
    return [{ ...arrow, points: [first, ...inner, last], label: { x, y } }];
  });
}

/** Drawn at the right of its box: dagre gives loops the same point several times. */
function loopLine(arrow: Arrow, { x, y, width, height }: Box, nth: number): Line {
  const right = x + width / 2;
  const reach = right + loopReach;
  const points = [
    { x: right, y: y - height / 4 },
    { x: reach, y: y - height / 4 },
    { x: reach, y: y + height / 4 },
    { x: right, y: y + height / 4 },
  ];
  return { ...arrow, points, label: { x: reach + labelWidth(arrow) / 2, y: y + nth * lineHeight } };
}

/** Where the line from the middle of the box to that point leaves it. */
function borderPoint(box: Box, towards: Point): Point {
  const [dx, dy] = [towards.x - box.x, towards.y - box.y];
  const scale = 1 / Math.max(Math.abs(dx) / (box.width / 2), Math.abs(dy) / (box.height / 2), 1e-9);
  return { x: box.x + dx * Math.min(scale, 1), y: box.y + dy * Math.min(scale, 1) };
}

function isLoop({ from, to }: Arrow): boolean {
  return from === to;
}

function loopRoom(loops: readonly Arrow[]): number {
  return loops.length === 0 ? 0 : loopReach + Math.max(...loops.map(labelWidth));
}

function boxWidth(state: string): number {
  return Math.max(state.length * characterWidth + 24, 80);
}

function labelWidth({ transition }: Arrow): number {
  return transition.length * characterWidth + 8;
}
