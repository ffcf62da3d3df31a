/** Charts to draw: those of every machine in the repository, and two that nobody would like to lay out by hand. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { layOut } from "../../src/chart/layout.ts";
import type { PlacedChart } from "../../src/chart/shape.ts";
import { requireDefinition } from "../../src/definition/definition.ts";
import { type Arrow, type StateChart, stateChartOf } from "../../src/definition/state-chart.ts";
import { builtInWatcherTypes } from "../../watchers/index.ts";

const root = join(import.meta.dirname, "../..");
const types = new Map(builtInWatcherTypes.map((type) => [type.type, type]));

export const charts: ReadonlyMap<string, StateChart> = new Map([
  ...["machines", "examples", "test/choria/machines"].flatMap(chartsIn),
  ["thirty states", thirtyStates()],
  ["loops and double lines", loopsAndDoubleLines()],
]);

export function placed(chart: StateChart): PlacedChart {
  return { ...chart, ...layOut(chart) };
}

/** A chart of arrows `FROM transition TO condition / assignments`; the first state is the initial one. */
export function chartOf(arrows: readonly string[], watchers: StateChart["watchers"] = {}): StateChart {
  const all = arrows.map((text): Arrow => {
    const [arrow = "", assigns] = text.split(" / ");
    const [from = "", transition = "", to = "", when] = arrow.split(" ");
    return { from, transition, to, when, assigns, firedBy: [] };
  });
  const states = [...new Set(all.flatMap(({ from, to }) => [from, to]))];
  const [initialState = ""] = states;
  const active = Object.fromEntries(states.map((state) => [state, watchers[state] ?? []]));
  const rest = { name: "chart", version: "1.0.0", current: undefined };
  return { ...rest, initialState, states, arrows: all, watchers: active };
}

function chartsIn(folder: string): [string, StateChart][] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".yaml"))
    .sort()
    .map((file) => {
      const path = join(root, folder, file);
      const definition = requireDefinition(readFileSync(path), { file: path, types });
      return [`${folder}/${file}`, stateChartOf(definition, types, undefined)];
    });
}

/** A long procedure with ways back, short cuts and loops. */
function thirtyStates(): StateChart {
  const numbers = Array.from({ length: 30 }, (_, index) => index);
  const state = (index: number): string => `STEP_${index}`;
  return chartOf([
    ...numbers.slice(0, -1).map((index) => `${state(index - (index % 3))} next_${index} ${state(index + 1)}`),
    ...numbers
      .filter((index) => index % 4 === 0)
      .map((index) => `${state(index)} back ${state(Math.floor(index / 3))}`),
    ...numbers
      .filter((index) => index % 7 === 2 && index < 21)
      .map((index) => `${state(index)} skip ${state(index + 9)}`),
    ...numbers.filter((index) => index % 6 === 5).map((index) => `${state(index)} again ${state(index)}`),
  ]);
}

function loopsAndDoubleLines(): StateChart {
  const arrows = [
    "READY start BUSY",
    "READY start_fast BUSY",
    "READY start_slow BUSY data.slow",
    "BUSY finish READY",
    "BUSY abort READY",
    "BUSY poll BUSY",
    "BUSY progress BUSY",
    "BUSY beat BUSY",
    "READY ping READY",
    "READY rest READY",
  ];
  const nightly = { name: "nightly", type: "schedule" };
  return chartOf(arrows, { READY: [nightly], BUSY: [{ name: "work <&>", type: "exec" }, nightly] });
}
