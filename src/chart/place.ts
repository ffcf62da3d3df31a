/** Where dagre puts boxes and labels, and by which points it would lead the lines; no line is final here. Pure. */
import { Graph, layout } from "@dagrejs/dagre";
import type { Arrow, StateChart } from "../definition/state-chart.ts";
import {
  dotRadius,
  headHeight,
  labelHeight,
  loop,
  markWidth,
  watcherHeight,
  watcherIndent,
  watchersPad,
} from "./measures.ts";
import type { Area, Box, Point } from "./shape.ts";
import { labelText, textWidth } from "./text.ts";

export interface PlaceOptions {
  readonly ranker: "network-simplex" | "tight-tree" | "longest-path";
  readonly align: "UL" | "DR" | undefined;
  /** Between neighbours in a row, and between rows. */
  readonly nodesep: number;
  readonly ranksep: number;
}

export type ChartSource = Pick<StateChart, "states" | "arrows" | "initialState" | "watchers">;

export interface PlacedLine {
  readonly arrow: Arrow;
  /** Between its ends: one in each row that it passes, among them the middle of its label. */
  readonly points: readonly Point[];
  readonly label: Area;
}

export interface Placed {
  readonly dot: Point;
  readonly boxes: readonly Box[];
  /** Without loops. */
  readonly lines: readonly PlacedLine[];
}

const dot = "dot";

export function place(chart: ChartSource, options: PlaceOptions): Placed {
  const { states, arrows, initialState, watchers } = chart;
  const graph = new Graph({ multigraph: true, directed: true });
  graph.setGraph({ rankdir: "TB", edgesep: 24, ...options, align: options.align });
  const sizes = states.map((state) => sizeOf(state, chart));
  const id = (state: string): string => `state ${states.indexOf(state)}`;
  graph.setNode(dot, { width: 2 * dotRadius, height: 2 * dotRadius });
  for (const [index, state] of states.entries()) {
    const { width = 0, height = 0 } = sizes[index] ?? {};
    // Room for loops on both sides, so that the box stays in the middle of it.
    graph.setNode(id(state), { width: width + 2 * loopRoom(state, arrows), height });
  }
  graph.setEdge(dot, id(initialState), { width: 0, height: 0, weight: 4 }, dot);
  const ways = arrows.filter(({ from, to }) => from !== to);
  for (const [index, arrow] of ways.entries())
    graph.setEdge(id(arrow.from), id(arrow.to), { ...labelSize(arrow), labelpos: "c" }, String(index));
  layout(graph);
  return {
    dot: middle(graph.node(dot)),
    boxes: states.map((state, index) => {
      const { width = 0, height = 0 } = sizes[index] ?? {};
      return { state, ...middle(graph.node(id(state))), width, height, watchers: watchers[state] ?? [] };
    }),
    lines: ways.map((arrow, index) => {
      const edge = graph.edge(id(arrow.from), id(arrow.to), String(index));
      const points: readonly Point[] = edge.points ?? [];
      return { arrow, points: points.slice(1, -1), label: { ...middle(edge), ...labelSize(arrow) } };
    }),
  };
}

export function labelSize(arrow: Arrow): { width: number; height: number } {
  return { width: textWidth("label", labelText(arrow)) + 8, height: labelHeight };
}

function loopRoom(state: string, arrows: readonly Arrow[]): number {
  const loops = arrows.filter(({ from, to }) => from === state && to === state);
  return loops.length === 0 ? 0 : loop.reach + Math.max(...loops.map((arrow) => labelSize(arrow).width));
}

function sizeOf(state: string, { arrows, watchers }: ChartSource): { width: number; height: number } {
  const inside = watchers[state] ?? [];
  const loops = arrows.filter(({ from, to }) => from === state && to === state).length;
  const names = inside.map(({ name }) => textWidth("watcher", name) + watcherIndent * 2 + markWidth);
  const rows = inside.length === 0 ? 0 : inside.length * watcherHeight + watchersPad;
  return {
    width: Math.max(96, textWidth("state", state) + 40, ...names),
    height: Math.max(headHeight + rows, loops * loop.step + 12),
  };
}

function middle({ x = 0, y = 0 }: { readonly x?: number; readonly y?: number }): Point {
  return { x, y };
}
