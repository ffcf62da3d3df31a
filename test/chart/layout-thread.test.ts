import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { layOut } from "../../src/chart/layout.ts";
import { LayoutThread } from "../../src/chart/layout-thread.ts";
import { chartOf, charts } from "./machines.ts";

function thread(): LayoutThread {
  const made = new LayoutThread();
  onTestFinished(() => made.close());
  return made;
}

/** So many states in a ring, and that many chords. */
function ring(states: number, chords: number) {
  const chord = (nth: number) => `S${(nth * 7) % states} chord${nth} S${(nth * 11 + 3) % states}`;
  return chartOf([
    ...Array.from({ length: states }, (_, nth) => `S${nth} next${nth} S${(nth + 1) % states}`),
    ...Array.from({ length: chords }, (_, nth) => chord(nth)),
  ]);
}

describe("a thread of its own", () => {
  it("makes the layouts that are made everywhere, and meanwhile everything else goes on", async () => {
    const chart = charts.get("thirty states") ?? chartOf([]);
    const laidOut = thread().layOut(chart);
    let isDone = false;
    const ended = laidOut.then(() => {
      isDone = true;
    });
    for (let turns = 0; turns < 20; turns++) await turn();
    expect(isDone).toBe(false);
    await ended;
    expect(await laidOut).toEqual(layOut(chart));
  });

  it("begins again after it was closed", async () => {
    const made = thread();
    const chart = chartOf(["A go B"]);
    const before = await made.layOut(chart);
    await made.close();
    expect(await made.layOut(chart)).toEqual(before);
  });

  it.each([
    ["lines", ring(200, 301), "a chart of 200 states and 501 lines"],
    ["states", ring(251, 0), "a chart of 251 states and 251 lines"],
  ])("refuses too many %s", async (_what, chart, found) => {
    await expect(thread().layOut(chart)).rejects.toMatchObject({
      code: "UNSUPPORTED",
      message: `${found} cannot be drawn: at most 250 and 500; \`machinist graph\` shows it as tree, mermaid, dot or json`,
    });
  });
});

it("a thicket is laid out", () => {
  const { boxes, lines } = layOut(ring(40, 40));
  expect([boxes.length, lines.length]).toEqual([40, 80]);
});
