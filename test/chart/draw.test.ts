import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { draw } from "../../src/chart/draw.ts";
import { svgOf } from "../../src/chart/svg.ts";
import { watcherMark } from "../../src/chart/view.ts";
import { chartOf, charts, placed } from "./machines.ts";

interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string | number>>;
  readonly children: readonly (Element | string)[];
}

const h = (name: string, attributes: Element["attributes"], ...children: (Element | string)[]): Element => ({
  name,
  attributes,
  children,
});

function all(element: Element): Element[] {
  return [element, ...element.children.flatMap((child) => (typeof child === "string" ? [] : all(child)))];
}

const door = placed(
  chartOf(["SHUT open OPEN", "OPEN close SHUT", "OPEN look OPEN", "SHUT lock LOCKED data.key"], {
    OPEN: [
      { name: "eye", type: "file" },
      { name: "constructor", type: "exec" },
    ],
    SHUT: [{ name: "eye", type: "file" }],
  }),
);
const view = {
  current: "OPEN",
  last: { from: "SHUT", transition: "open", to: "OPEN" },
  legal: ["close", "look"],
  watchers: { eye: "failed" },
} as const;

function classesBy(attribute: string): string[] {
  return all(draw(h, door, view))
    .filter(({ attributes }) => attributes[attribute] !== undefined)
    .map(({ attributes }) => `${attributes[attribute]}: ${attributes["class"]}`);
}

describe("draw", () => {
  it("says by classes where the machine is, what is legal, and what was last", () => {
    expect(classesBy("data-state")).toEqual([
      "SHUT: state initial",
      "OPEN: state current",
      "LOCKED: state end",
    ]);
    expect(classesBy("data-transition")).toEqual([
      "open: line last",
      "close: line live",
      "look: line loop live",
      "lock: line",
    ]);
  });

  it("says how watchers fare in the current state only; one not heard of is idle", () => {
    expect(classesBy("data-watcher")).toEqual([
      "eye: watcher inactive",
      "eye: watcher failed",
      "constructor: watcher idle",
    ]);
  });

  it("labels a transition with its condition and what it does to the data, as in UML", () => {
    const chart = placed(chartOf(["A go B data.n<3 / count n in 1h, set x", "B back A / set x"]));
    const elements = all(draw(h, chart, { legal: [], watchers: {} }));
    const texts = elements.filter(({ name }) => name === "text").map(({ children }) => children[0]);
    expect(texts).toContain("go [data.n<3] / count n in 1h, set x");
    expect(texts).toContain("back / set x");
    const titles = elements.filter(({ name }) => name === "title").map(({ children }) => children[0]);
    expect(titles).toContain("go: A → B\nwhen data.n<3\ncount n in 1h, set x\nfired by nothing on its own");
  });

  it("says it in words too", () => {
    const [svg, ...rest] = all(draw(h, door, view));
    expect(svg?.attributes["aria-label"]).toBe(
      "State chart of chart 1.0.0: 3 states, 4 transitions, initial state SHUT. Current state OPEN; legal now: close, look.",
    );
    const titles = rest.filter(({ name }) => name === "title").map(({ children }) => children[0]);
    expect(titles).toContain("lock: SHUT → LOCKED\nwhen data.key\nfired by nothing on its own");
    expect(titles).toContain("LOCKED: no way out");
    expect(titles).toContain("eye: file watcher, last look failed");
  });

  it("ids begin with the prefix, and every one that is named is there", () => {
    const elements = all(draw(h, door, { ...view, prefix: "one" }));
    const ids = elements.flatMap(({ attributes }) => attributes["id"] ?? []);
    const named = elements.flatMap(({ attributes }) => attributes["marker-end"] ?? []);
    expect(ids).toEqual(["one-plain", "one-live", "one-last"]);
    expect(new Set(named)).toEqual(new Set(ids.map((id) => `url(#${id})`)));
  });

  it("has no style but classes, and keys that differ among neighbours", () => {
    const elements = [...charts.values()].flatMap((chart) => all(draw(h, placed(chart), view)));
    expect(elements.filter(({ name, attributes }) => name === "style" || "style" in attributes)).toEqual([]);
    for (const { children } of elements) {
      const keys = children.flatMap((child) =>
        typeof child === "string" ? [] : (child.attributes["key"] ?? []),
      );
      expect(new Set(keys).size).toBe(keys.length);
    }
  });

  it("the built files that a page needs import nothing but each other", () => {
    const built = join(import.meta.dirname, "../../dist/src/chart");
    const seen = new Set(["draw.js", "view.js"]);
    for (const file of seen)
      for (const [, from = ""] of readFileSync(join(built, file), "utf8").matchAll(/\bfrom "([^"]+)"/g)) {
        expect(from).toMatch(/^[.]\/[a-z]+[.]js$/);
        seen.add(from.slice(2));
      }
    expect([...seen].sort()).toEqual(["draw.js", "marks.js", "measures.js", "path.js", "text.js", "view.js"]);
  });
});

describe("svgOf", () => {
  it("escapes what a name may hold, and replaces what no XML may", () => {
    const odd = placed(chartOf(['<A>&" go\u0007 B']));
    const svg = svgOf(odd, { legal: [], watchers: {} });
    expect(svg).toContain('data-state="&#60;A&#62;&#38;&#34;"');
    expect(svg).toContain('data-transition="go\ufffd"');
    expect(svg).not.toContain(" key=");
  });

  it("shortens what is too long, and keeps the whole in a title", () => {
    const name = "x".repeat(100);
    const svg = svgOf(placed(chartOf([`A ${name} B`])), { legal: [], watchers: {} });
    expect(svg).toContain(`>${"x".repeat(39)}…</text>`);
    expect(svg).toContain(`<title>${name}: A → B`);
  });
});

it.each([
  [{ looking: true, error: "broken", lookedAt: null }, "looking"],
  [{ looking: false, error: "broken", lookedAt: "2026-01-01" }, "failed"],
  [{ looking: false, error: null, lookedAt: "2026-01-01" }, "ok"],
  [{ looking: false, error: null, lookedAt: null }, "idle"],
] as const)("a watcher that is %j has the mark %s", (watcher, mark) => {
  expect(watcherMark(watcher)).toBe(mark);
});
