/** A state chart that has its places: what `layOut` makes, the daemon answers, and `draw` draws. In px, y goes down. */
import type { Arrow, StateChart, StateWatcher } from "../definition/state-chart.ts";

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** `x`, `y`: its middle. */
export interface Area extends Point {
  readonly width: number;
  readonly height: number;
}

/** A state and the watchers that are active in it. */
export interface Box extends Area {
  readonly state: string;
  readonly watchers: readonly StateWatcher[];
}

/** A transition, from border to border, with corners that are drawn round; `label`: the room of its name. */
export interface Line extends Arrow {
  readonly points: readonly Point[];
  readonly label: Area;
}

export interface ChartLayout {
  readonly width: number;
  readonly height: number;
  /** The dot from which an arrow leads to the initial state. */
  readonly start: { readonly points: readonly Point[] };
  readonly boxes: readonly Box[];
  readonly lines: readonly Line[];
}

/** All that `draw` wants to know of a machine's definition. */
export interface PlacedChart extends ChartLayout, Pick<StateChart, "name" | "version" | "initialState"> {}
