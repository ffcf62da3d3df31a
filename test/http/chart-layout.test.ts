import { expect, it } from "vitest";
import { type Box, layOut, type Point } from "../../src/http/chart-layout.ts";

const arrow = (from: string, transition: string, to: string) => ({
  from,
  transition,
  to,
  when: undefined,
  firedBy: [],
});

const chart = {
  states: ["NEW", "GOOD", "BAD"],
  arrows: [
    arrow("NEW", "begin", "GOOD"),
    arrow("GOOD", "break", "BAD"),
    arrow("GOOD", "smash", "BAD"),
    arrow("BAD", "repair", "GOOD"),
    arrow("GOOD", "look", "GOOD"),
    arrow("GOOD", "look_again", "GOOD"),
  ],
};

function isOnBorder({ x, y, width, height }: Box, point: Point): boolean {
  const [across, down] = [Math.abs(point.x - x) / (width / 2), Math.abs(point.y - y) / (height / 2)];
  return Math.abs(Math.max(across, down) - 1) < 1e-6;
}

it("every line goes from border to border, and every number is one", () => {
  const { boxes, lines, width, height } = layOut(chart);
  expect(lines.map(({ transition }) => transition)).toEqual(chart.arrows.map(({ transition }) => transition));
  const box = new Map(boxes.map((one) => [one.state, one]));
  for (const { from, to, points, label } of lines) {
    for (const { x, y } of [...points, label])
      expect([Number.isFinite(x), Number.isFinite(y)]).toEqual([true, true]);
    const [first, last] = [points.at(0), points.at(-1)];
    const [start, end] = [box.get(from), box.get(to)];
    if (!first || !last || !start || !end) throw new Error("a line without ends");
    expect([isOnBorder(start, first), isOnBorder(end, last)]).toEqual([true, true]);
    expect([label.x < width, label.y < height]).toEqual([true, true]);
  }
});

it("boxes do not overlap, and two lines between the same states are two", () => {
  const { boxes, lines } = layOut(chart);
  for (const one of boxes)
    for (const other of boxes)
      if (one !== other)
        expect(Math.abs(one.y - other.y) >= one.height || Math.abs(one.x - other.x) >= one.width).toBe(true);
  const [two, three] = [lines[1], lines[2]];
  expect(two?.label).not.toEqual(three?.label);
});

it("one state alone is a chart too", () => {
  expect(layOut({ states: ["ONLY"], arrows: [] })).toMatchObject({
    boxes: [{ state: "ONLY", width: 80 }],
    lines: [],
  });
});
