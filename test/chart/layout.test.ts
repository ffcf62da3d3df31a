import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { layOut } from "../../src/chart/layout.ts";
import { bowsOf } from "../../src/chart/path.ts";
import type { Area, ChartLayout, Point } from "../../src/chart/shape.ts";
import { chartOf, charts } from "./machines.ts";

/** Points on the line as it is drawn, at most 2 px from each other. */
function samples(points: readonly Point[]): Point[] {
  const parts = bowsOf(points).flatMap(({ start, corner, end }) =>
    Array.from({ length: 9 }, (_, index) => {
      const part = index / 8;
      const at = (axis: "x" | "y") =>
        (1 - part) ** 2 * start[axis] + 2 * part * (1 - part) * corner[axis] + part ** 2 * end[axis];
      return { x: at("x"), y: at("y") };
    }),
  );
  const [first, last] = [points.at(0), points.at(-1)];
  if (!first || !last) throw new Error("a line without ends");
  const corners = [first, ...parts, last];
  return corners.slice(1).flatMap((to, index) => {
    const from = corners[index] ?? to;
    const count = Math.ceil(Math.hypot(to.x - from.x, to.y - from.y) / 2) + 1;
    return Array.from({ length: count + 1 }, (_, step) => ({
      x: from.x + ((to.x - from.x) * step) / count,
      y: from.y + ((to.y - from.y) * step) / count,
    }));
  });
}

function isIn({ x, y, width, height }: Area, point: Point, margin: number): boolean {
  return Math.abs(point.x - x) < width / 2 + margin && Math.abs(point.y - y) < height / 2 + margin;
}

function overlap(one: Area, other: Area): boolean {
  return (
    Math.abs(one.x - other.x) < (one.width + other.width) / 2 &&
    Math.abs(one.y - other.y) < (one.height + other.height) / 2
  );
}

/** Written apart from the layout's own check on purpose. */
function hits({ boxes, lines, width, height }: ChartLayout): string[] {
  const found: string[] = [];
  lines.forEach((line, index) => {
    const name = `${line.from} ${line.transition} ${line.to}`;
    const drawn = samples(line.points);
    for (const other of lines.slice(index + 1))
      if (overlap(line.label, other.label)) found.push(`label of ${name} on label ${other.transition}`);
    for (const box of boxes) {
      if (overlap(line.label, box)) found.push(`label of ${name} on box ${box.state}`);
      // Inside by more than rounding; at its own boxes the line ends on the border.
      if (drawn.some((point) => isIn(box, point, -1))) found.push(`${name} through box ${box.state}`);
    }
    for (const { x, y } of drawn)
      if (!(x >= 0 && y >= 0 && x <= width && y <= height)) found.push(`${name} leaves the picture`);
  });
  for (const { x, y, ...size } of [...boxes, ...lines.map(({ label }) => label)]) {
    const isInside = x >= size.width / 2 && y >= size.height / 2 && x + size.width / 2 <= width;
    if (!isInside || y + size.height / 2 > height) found.push("something leaves the picture");
  }
  boxes.forEach((box, index) => {
    for (const other of boxes.slice(index + 1))
      if (overlap(box, other)) found.push(`${box.state} on ${other.state}`);
  });
  return found;
}

function isOnBorder({ x, y, width, height }: Area, point: Point | undefined): boolean {
  if (!point) return false;
  const [across, down] = [Math.abs(point.x - x) - width / 2, Math.abs(point.y - y) - height / 2];
  return Math.abs(Math.max(across, down)) < 0.2;
}

describe.each([...charts])("%s", (_, chart) => {
  const layout = layOut(chart);

  it("no label on another or on a box, no line through a box, all inside", () => {
    expect(hits(layout)).toEqual([]);
  });

  it("every line goes from its one box to its other, by its label, in the order of the arrows", () => {
    const boxes = new Map(layout.boxes.map((box) => [box.state, box]));
    expect(layout.lines.map(({ points: _points, label: _label, ...arrow }) => arrow)).toEqual(chart.arrows);
    for (const { from, to, points, label } of layout.lines) {
      const [start, end] = [boxes.get(from), boxes.get(to)];
      if (!start || !end) throw new Error("a line without a box");
      expect([isOnBorder(start, points.at(0)), isOnBorder(end, points.at(-1))]).toEqual([true, true]);
      // A loop's name stands beside it.
      const beside = from === to ? 4 : 0;
      expect(samples(points).some((point) => isIn(label, point, beside))).toBe(true);
    }
  });

  it("is the same every time", () => {
    expect(layOut(chart)).toEqual(layout);
  });
});

const [state, way] = [
  fc.integer({ min: 0, max: 9 }),
  fc.string({ minLength: 1, maxLength: 16, unit: "grapheme-ascii" }),
];

it("any chart of up to ten states and twenty lines is without a hit", () => {
  const arrows = fc.array(fc.tuple(state, way, state), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(arrows, (all) => {
      const texts = all.map(([from, name, to]) => `S${from} ${name.replaceAll(" ", "_")} S${to}`);
      expect(hits(layOut(chartOf(texts)))).toEqual([]);
    }),
    { numRuns: 40 },
  );
});

it("thirty states are laid out in less than 300 ms of processor time", () => {
  const chart = charts.get("thirty states");
  if (!chart) throw new Error("no such chart");
  layOut(chart);
  const before = process.cpuUsage();
  layOut(chart);
  expect(process.cpuUsage(before).user / 1000).toBeLessThan(300);
});

it("one state alone, whatever its name", () => {
  const states = ["__proto__"];
  const watchers = Object.fromEntries(states.map((name) => [name, []]));
  const chart = { states, arrows: [], initialState: "__proto__", watchers };
  const layout = layOut(chart);
  expect(layout.boxes).toMatchObject([{ state: "__proto__", watchers: [] }]);
  expect(hits(layout)).toEqual([]);
});
