/** Tables and labelled pages for people. Programs get JSON instead. */
import Table from "cli-table3";
import type { Output } from "./output.ts";

const rounded = { "top-left": "╭", "top-right": "╮", "bottom-left": "╰", "bottom-right": "╯" };

/** A box with a heading row; every cell is one line. */
export function table(output: Output, head: readonly string[], rows: readonly (readonly string[])[]): string {
  const box = new Table({
    head: head.map((title) => output.paint.bold(title)),
    style: { head: [], border: [] },
    chars: { ...rounded, mid: "", "left-mid": "", "mid-mid": "", "right-mid": "" },
  });
  box.push(...rows.map((row) => row.map(oneLine)));
  // The line under the heading is the only inner one: drawn by cli-table3 as all or none, so it is put in here.
  const lines = box.toString().split("\n");
  const underHead = (lines[0] ?? "").replace("╭", "├").replace("╮", "┤").replaceAll("┬", "┼");
  return [...lines.slice(0, 2), underHead, ...lines.slice(2)].join("\n");
}

/** A heading, then `label: value` lines with the labels right-aligned, as the walkthroughs of `nats kv` show them. */
export function page(
  output: Output,
  heading: string,
  fields: readonly (readonly [string, string])[],
): string {
  const width = Math.max(...fields.map(([label]) => label.length)) + 2;
  const lines = fields.map(([label, value]) => `${label.padStart(width)}: ${oneLine(value)}`);
  return [output.paint.bold(heading), "", ...lines].join("\n");
}

/** Control characters made visible, so that no value can break a line or speak to the terminal. */
export function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, (character) => {
    const short = { "\n": "\\n", "\r": "\\r", "\t": "\\t" }[character];
    return short ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

/** `2026-01-02 15:04:05` in local time. */
export function localTime(moment: Date): string {
  const two = (number: number): string => String(number).padStart(2, "0");
  const day = [moment.getFullYear(), two(moment.getMonth() + 1), two(moment.getDate())].join("-");
  return `${day} ${[moment.getHours(), moment.getMinutes(), moment.getSeconds()].map(two).join(":")}`;
}
