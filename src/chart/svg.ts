/** A state chart as a file that stands alone: light or dark as its reader prefers. */
import { readFileSync } from "node:fs";
import { packageFile } from "../lib/package.ts";
import { draw } from "./draw.ts";
import type { PlacedChart } from "./shape.ts";
import type { ChartView } from "./view.ts";

/** An element that is written; plain text among its children is not yet. */
interface Written {
  readonly name: string;
  readonly opening: string;
  readonly content: string;
}

/** Characters that no XML may hold, not even as numbers; white space among them is let pass. */
const notXml = /[\p{Cc}\p{Cs}\ufffe\uffff]/gu;

export function svgOf(chart: PlacedChart, view: ChartView): string {
  const styles = escaped(readFileSync(packageFile("src/chart/chart.css"), "utf8"));
  const { opening, content } = draw(write, chart, view);
  return `<${opening}>\n<style>\n${styles}</style>\n${content}</svg>\n`;
}

function write(
  name: string,
  attributes: Readonly<Record<string, string | number>>,
  ...children: readonly (Written | string)[]
): Written {
  const pairs = Object.entries(attributes).filter(([key]) => key !== "key");
  return {
    name,
    opening: [name, ...pairs.map(([key, value]) => `${key}="${escaped(String(value))}"`)].join(" "),
    content: children.map((child) => (typeof child === "string" ? escaped(child) : markup(child))).join(""),
  };
}

function markup({ name, opening, content }: Written): string {
  const isOutermost = name === "g" || name === "defs";
  return `<${opening}${content === "" ? "/>" : `>${content}</${name}>`}${isOutermost ? "\n" : ""}`;
}

function escaped(text: string): string {
  return text
    .replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)
    .replace(notXml, (character) => (/[\t\n\r]/.test(character) ? character : "\ufffd"));
}
