/** `/v1/machines/NAME/graph`: the state chart as boxes and lines, and where the machine is. */
import { Type } from "typebox";
import { LayoutThread } from "../chart/layout-thread.ts";
import type { ChartLayout } from "../chart/shape.ts";
import type { Definition, WatcherTypeShape } from "../definition/shape.ts";
import { type StateChart, stateChartOf } from "../definition/state-chart.ts";
import type { Supervisor } from "../supervisor/supervisor.ts";
import type { Routes } from "./routes.ts";

const text = Type.String();
const number = Type.Number();
const point = Type.Object({ x: number, y: number });
const area = { x: number, y: number, width: number, height: number };
const watcher = Type.Object({ name: text, type: text });
const graph = Type.Object({
  name: text,
  version: text,
  initialState: text,
  current: text,
  width: number,
  height: number,
  start: Type.Object({ points: Type.Array(point) }),
  boxes: Type.Array(Type.Object({ state: text, ...area, watchers: Type.Array(watcher) })),
  lines: Type.Array(
    Type.Object({
      transition: text,
      from: text,
      to: text,
      when: Type.Optional(text),
      assigns: Type.Optional(
        Type.String({
          description: "What it does to the data, without values: `count restarts in 1h, set note`",
        }),
      ),
      firedBy: Type.Array(text),
      points: Type.Array(point),
      label: Type.Object(area),
    }),
  ),
});

interface Drawn {
  readonly chart: StateChart;
  readonly layout: ChartLayout;
}

export function graphRoutes(supervisor: Supervisor, types: ReadonlyMap<string, WatcherTypeShape>): Routes {
  const thread = new LayoutThread();
  // Kept as long as a machine of that definition runs.
  const drawn = new WeakMap<Definition, Promise<Drawn>>();
  const draw = async (definition: Definition): Promise<Drawn> => {
    const chart = stateChartOf(definition, types, undefined);
    try {
      return { chart, layout: await thread.layOut(chart) };
    } catch (cause) {
      drawn.delete(definition);
      throw cause;
    }
  };
  const drawnOnce = (definition: Definition): Promise<Drawn> => {
    const made = drawn.get(definition) ?? draw(definition);
    drawn.set(definition, made);
    return made;
  };
  return (app) => {
    app.addHook("onClose", () => thread.close());
    app.get(
      "/v1/machines/:name/graph",
      {
        config: { scope: "read" },
        schema: {
          tags: ["machines"],
          summary: "Its state chart, laid out",
          params: Type.Object({ name: Type.String({ minLength: 1, maxLength: 128 }) }),
          response: { 200: graph },
        },
      },
      async ({ params }) => {
        const machine = supervisor.machine(params.name);
        const { chart, layout } = await drawnOnce(machine.definition);
        const { name, version, initialState } = chart;
        return { name, version, initialState, current: machine.record.state, ...layout };
      },
    );
  };
}
