/** Everything that is read stands out from what is behind it, in both themes (WCAG AA: text 4.5, lines 3). */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const css = readFileSync(join(import.meta.dirname, "../../src/chart/chart.css"), "utf8");
const themes = [...css.matchAll(/:root[^{]*\{([^}]*)\}/g)].map(
  ([, body = ""]) =>
    new Map([...body.matchAll(/--chart-(\w+): (#\w{6})/g)].map(([, name = "", color = ""]) => [name, color])),
);

function brightness(color: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((place) => {
    const part = Number.parseInt(color.slice(place, place + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(theme: ReadonlyMap<string, string>, one: string, other: string): number {
  const both = [one, other].map((name) => brightness(theme.get(name) ?? ""));
  return (Math.max(...both) + 0.05) / (Math.min(...both) + 0.05);
}

it("dark by preference and dark by choice are the same, and no theme lacks a color of another", () => {
  const [light, dark, chosen, ...rest] = themes;
  expect(rest).toEqual([]);
  expect(chosen).toEqual(dark);
  expect([...(light?.keys() ?? [])]).toEqual([...(dark?.keys() ?? [])]);
  const used = [...css.matchAll(/var\(--chart-(\w+)\)/g)].map(([, name]) => name);
  expect(new Set(used)).toEqual(new Set(light?.keys()));
});

describe.each([
  ["light", themes[0]],
  ["dark", themes[1]],
])("%s", (_, theme = new Map()) => {
  it.each([
    ["text", "box", 4.5],
    ["quiet", "box", 4.5],
    ["quiet", "ground", 4.5],
    ["quiet", "current", 4.5],
    ["live", "ground", 4.5],
    ["live", "current", 4.5],
    ["last", "ground", 4.5],
    ["bad", "current", 4.5],
    ["good", "current", 3],
    ["line", "ground", 3],
  ])("%s on %s", (one, other, least) => {
    expect(contrast(theme, one, other)).toBeGreaterThanOrEqual(least);
  });
});
