/** What a real browser makes of the drawings: the layout only guesses how wide text is. */
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { svgOf } from "../../src/chart/svg.ts";
import { findChromium } from "../setup/find-chromium.ts";
import { charts, placed } from "./machines.ts";

let browser: Browser;

beforeAll(async () => {
  const executablePath = findChromium();
  if (executablePath === undefined)
    throw new Error("no chromium: install it, or name it in MACHINIST_TEST_CHROMIUM");
  browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
});

afterAll(() => browser.close());

interface Measured {
  readonly text: string;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** In the page; text of it, since the tests know no DOM. */
const measure = `(() => {
  const area = (element) => {
    const { left, right, top, bottom } = element.getBoundingClientRect();
    return { text: element.textContent, left, right, top, bottom };
  };
  return {
    labels: [...document.querySelectorAll(".label text")].map(area),
    boxes: [...document.querySelectorAll(".state .box")].map(area),
    inside: [...document.querySelectorAll(".state")].flatMap((state) =>
      [...state.querySelectorAll("text, .mark")].map((text) => [area(text), area(state.querySelector(".box"))])),
  };
})()`;

interface Found {
  readonly labels: readonly Measured[];
  readonly boxes: readonly Measured[];
  readonly inside: readonly (readonly [Measured, Measured])[];
}

async function found(svg: string): Promise<Found> {
  const page = await browser.newPage();
  try {
    await page.setContent(svg);
    return await page.evaluate<Found>(measure);
  } finally {
    await page.close();
  }
}

function overlap(one: Measured, other: Measured): boolean {
  return one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom;
}

describe.each([...charts])("%s", (_, chart) => {
  it("text fits its box, and no label overlaps another or a box, be it bold", async () => {
    const legal = chart.arrows.map(({ transition }) => transition);
    const view = { current: chart.initialState, legal, watchers: {} };
    const { labels, boxes, inside } = await found(svgOf(placed(chart), view));
    expect(labels).toHaveLength(chart.arrows.length);
    for (const [text, box] of inside) {
      expect(text.left, text.text).toBeGreaterThan(box.left);
      expect([text.right < box.right, text.top > box.top, text.bottom < box.bottom]).toEqual([
        true,
        true,
        true,
      ]);
    }
    labels.forEach((label, index) => {
      for (const other of labels.slice(index + 1))
        expect([label.text, overlap(label, other)]).toEqual([label.text, false]);
      for (const box of boxes) expect([label.text, overlap(label, box)]).toEqual([label.text, false]);
    });
  });
});
