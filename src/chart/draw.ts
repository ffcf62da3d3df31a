/** The one drawing of a state chart, for the page and for files. Pure: it and what it imports run in a browser as they are. */

import { markOf } from "./marks.ts";
import { dotRadius, headHeight, labelHeight, markWidth, watcherHeight, watcherIndent } from "./measures.ts";
import { pathText } from "./path.ts";
import type { Box, Line, PlacedChart } from "./shape.ts";
import { labelText, shown } from "./text.ts";
import type { ChartView, WatcherMark } from "./view.ts";

/**
 * Makes one element: preact's `h`, or what writes text. Attributes have the names that SVG gives them (`class`,
 * `marker-end`); `key` is for preact and stands in no document. Children are elements and plain text.
 */
export type Hyperscript<Node> = (
  name: string,
  attributes: Readonly<Record<string, string | number>>,
  ...children: (Node | string)[]
) => Node;

/**
 * Draws `chart` (what `GET /v1/machines/NAME/graph` answers, or `layOut` made, with the name) as one `<svg class="chart">`
 * element. What it looks like is a matter of chart.css, by these classes:
 * - `g.state` (`data-state`; also `.current`, `.initial`, `.end`) holds `rect.box`, `path.divider`, `text.name`, and `g.watcher` (`data-watcher`, `data-type`; also one of `.ok`, `.failed`, `.looking`,
 *   `.idle`, or, outside the current state, `.inactive`) with `path.mark` and `text`.
 * - `g.line` (`data-transition`, `data-from`, `data-to`; also `.live` legal now, `.last` made last, `.loop`) holds
 *   `path.hit` (wide and invisible, for a pointer), `path.stroke` and `g.label` with `rect` and `text`.
 * - `rect.ring`: round the current state. `g.start`: the dot and its arrow. `rect.ground`: behind everything.
 * Every box and line has a `<title>`. There is no style attribute and no script in it.
 */
export function draw<Node>(h: Hyperscript<Node>, chart: PlacedChart, view: ChartView): Node {
  const { width, height } = chart;
  const prefix = view.prefix ?? "chart";
  return h(
    "svg",
    {
      class: "chart",
      xmlns: "http://www.w3.org/2000/svg",
      viewBox: `0 0 ${width} ${height}`,
      width,
      height,
      role: "img",
      "aria-label": inWords(chart, view),
    },
    h("defs", { key: "defs" }, ...heads.map((kind) => arrowHead(h, prefix, kind))),
    h("rect", { key: "ground", class: "ground", width, height }),
    // Beneath the lines: their heads end at the border of the box.
    ...chart.boxes.filter(({ state }) => state === view.current).map((box) => drawRing(h, box)),
    start(h, chart, prefix),
    ...chart.lines.map((line, index) => drawLine(h, line, { view, prefix, key: `line ${index}` })),
    ...chart.boxes.map((box) => drawBox(h, box, chart, view)),
  );
}

const heads = ["plain", "live", "last"] as const;

function arrowHead<Node>(h: Hyperscript<Node>, prefix: string, kind: (typeof heads)[number]): Node {
  const size = kind === "plain" ? 9 : 11;
  return h(
    "marker",
    {
      key: kind,
      id: `${prefix}-${kind}`,
      class: `head ${kind}`,
      viewBox: "0 0 10 10",
      refX: 3,
      refY: 5,
      markerWidth: size,
      markerHeight: size,
      markerUnits: "userSpaceOnUse",
      orient: "auto",
    },
    h("path", { d: "M0 1 L10 5 L0 9 Z" }),
  );
}

function start<Node>(h: Hyperscript<Node>, { start: { points } }: PlacedChart, prefix: string): Node {
  const [dot] = points;
  return h(
    "g",
    { key: "start", class: "start" },
    h("path", { class: "stroke", d: pathText(points), "marker-end": `url(#${prefix}-plain)` }),
    h("circle", { cx: dot?.x ?? 0, cy: dot?.y ?? 0, r: dotRadius }),
  );
}

function drawLine<Node>(
  h: Hyperscript<Node>,
  line: Line,
  { view, prefix, key }: { readonly view: ChartView; readonly prefix: string; readonly key: string },
): Node {
  const { transition, from, to, points, label } = line;
  const { last } = view;
  const isLive = from === view.current && view.legal.includes(transition);
  const isLast = last?.transition === transition && last.from === from && last.to === to;
  const head = isLast ? "last" : isLive ? "live" : "plain";
  const d = pathText(points);
  return h(
    "g",
    {
      key,
      class: classes({ line: true, loop: from === to, live: isLive, last: isLast }),
      "data-transition": transition,
      "data-from": from,
      "data-to": to,
    },
    h("title", {}, lineTitle(line)),
    h("path", { class: "hit", d }),
    h("path", { class: "stroke", d, "marker-end": `url(#${prefix}-${head})` }),
    h(
      "g",
      { class: "label" },
      h("rect", { ...corner(label), width: label.width, height: labelHeight, rx: 4 }),
      h("text", { x: label.x, y: label.y + 4, "text-anchor": "middle" }, shown("label", labelText(line))),
    ),
  );
}

function drawRing<Node>(h: Hyperscript<Node>, box: Box): Node {
  const { x, y } = corner(box);
  const [width, height] = [box.width + 10, box.height + 10];
  return h("rect", { key: "ring", class: "ring", x: x - 5, y: y - 5, width, height, rx: 15 });
}

function drawBox<Node>(h: Hyperscript<Node>, box: Box, chart: PlacedChart, view: ChartView): Node {
  const { state, x, width, height, watchers } = box;
  const { x: left, y: top } = corner(box);
  const isCurrent = state === view.current;
  // Without watchers, and with more loops than its name is high, the name stands in the middle.
  const middle = watchers.length > 0 ? top + headHeight / 2 : box.y;
  const divider = `M${left} ${top + headHeight - 2} H${left + width}`;
  return h(
    "g",
    {
      key: `state ${state}`,
      class: classes({
        state: true,
        current: isCurrent,
        initial: state === chart.initialState,
        end: !chart.lines.some(({ from }) => from === state),
      }),
      "data-state": state,
    },
    h("title", {}, boxTitle(box, chart, isCurrent)),
    h("rect", { class: "box", x: left, y: top, width, height, rx: 10 }),
    h("text", { class: "name", x, y: middle + 4.5, "text-anchor": "middle" }, shown("state", state)),
    ...(watchers.length > 0 ? [h("path", { class: "divider", d: divider })] : []),
    ...watchers.map(({ name, type }, index) => {
      const y = top + headHeight + 4 + index * watcherHeight;
      const mark = isCurrent ? markIn(view, name) : "inactive";
      return h(
        "g",
        { key: name, class: `watcher ${mark}`, "data-watcher": name, "data-type": type },
        h("title", {}, `${name}: ${type} watcher${isCurrent ? `, ${words[mark]}` : ""}`),
        h("path", {
          class: "mark",
          transform: `translate(${left + watcherIndent} ${y + 3})`,
          d: markOf(type),
        }),
        h("text", { x: left + watcherIndent + markWidth, y: y + 13 }, shown("watcher", name)),
      );
    }),
  );
}

/** A name may be that of something every object has. */
function markIn({ watchers }: ChartView, name: string): WatcherMark {
  return (Object.hasOwn(watchers, name) ? watchers[name] : undefined) ?? "idle";
}

const words: Readonly<Record<WatcherMark | "inactive", string>> = {
  ok: "last look succeeded",
  failed: "last look failed",
  looking: "looking now",
  idle: "has not looked yet",
  inactive: "not active now",
};

function corner({ x, y, width, height }: Pick<Box, "x" | "y" | "width" | "height">) {
  return { x: tenth(x - width / 2), y: tenth(y - height / 2) };
}

function tenth(number: number): number {
  return Math.round(number * 10) / 10;
}

function classes(names: Readonly<Record<string, boolean>>): string {
  return Object.keys(names)
    .filter((name) => names[name])
    .join(" ");
}

function lineTitle({ transition, from, to, when, assigns, firedBy }: Line): string {
  const by = firedBy.length > 0 ? `fired by ${firedBy.join(", ")}` : "fired by nothing on its own";
  const condition = when === undefined ? [] : [`when ${when}`];
  const effect = assigns === undefined ? [] : [assigns];
  return [`${transition}: ${from} → ${to}`, ...condition, ...effect, by].join("\n");
}

function boxTitle({ state }: Box, { initialState, lines }: PlacedChart, isCurrent: boolean): string {
  const notes = [
    ...(isCurrent ? ["current state"] : []),
    ...(state === initialState ? ["initial state"] : []),
    ...(lines.some(({ from }) => from === state) ? [] : ["no way out"]),
  ];
  return notes.length > 0 ? `${state}: ${notes.join(", ")}` : state;
}

function inWords(chart: PlacedChart, { current, legal }: ChartView): string {
  const count = (number: number, name: string): string => `${number} ${name}${number === 1 ? "" : "s"}`;
  const sizes = `${count(chart.boxes.length, "state")}, ${count(chart.lines.length, "transition")}`;
  const start = `State chart of ${chart.name} ${chart.version}: ${sizes}, initial state ${chart.initialState}.`;
  if (current === undefined) return start;
  const next = legal.length > 0 ? `legal now: ${legal.join(", ")}` : "no transition is legal now";
  return `${start} Current state ${current}; ${next}.`;
}
