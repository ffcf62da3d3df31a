/** The mark of each watcher type: a path on a square of 12 by 12 px. Pure, and served to the page. */
const check = "M1.5 6.5 L4.5 9.5 L10.5 2.5";
const prompt = "M1.5 2.5 L5 6 L1.5 9.5 M6.5 9.8 H11";
const clock = "M6 1 A5 5 0 1 1 5.99 1 Z M6 3.4 V6.2 L8 7.6";
const calendar = "M1.5 2.5 H10.5 V10.8 H1.5 Z M1.5 5.3 H10.5 M4 0.8 V3.4 M8 0.8 V3.4";
const store =
  "M1.8 2.8 A4.2 1.8 0 0 1 10.2 2.8 A4.2 1.8 0 0 1 1.8 2.8 V9.2 A4.2 1.8 0 0 0 10.2 9.2 V2.8 M1.8 6 A4.2 1.8 0 0 0 10.2 6";
const page = "M2.2 1 H7 L9.8 3.8 V11 H2.2 Z M7 1 V3.8 H9.8";
const bars = "M2 11 V6.5 M6 11 V1.5 M10 11 V4.5";
const equals = "M2 4.2 H10 M2 7.8 H10";
const toggle = "M4 3 H8 A3 3 0 0 1 8 9 H4 A3 3 0 0 1 4 3 Z M8 4.8 A1.2 1.2 0 1 1 7.99 4.8 Z";
const incoming = "M11 6 H3.5 M6.5 3 L3.5 6 L6.5 9 M1 1.5 V10.5";
const chest = "M1 2 H11 V4.6 H1 Z M2 4.6 V10.6 H10 V4.6 M4.8 7 H7.2";
const gears = "M1.2 1.2 H5.4 V5.4 H1.2 Z M6.6 6.6 H10.8 V10.8 H6.6 Z M5.4 3.3 H8.7 V6.6";
const waves =
  "M6 5.2 A0.9 0.9 0 1 1 5.99 5.2 Z M3.4 8.6 A3.7 3.7 0 0 1 3.4 3.4 M8.6 3.4 A3.7 3.7 0 0 1 8.6 8.6 M1.6 10.2 A6 6 0 0 1 1.6 1.8 M10.4 1.8 A6 6 0 0 1 10.4 10.2";
const plug = "M4 1 V3.8 M8 1 V3.8 M2 3.8 H10 V6 A4 3.2 0 0 1 2 6 Z M6 9.2 V11.2";
const ring = "M6 2.5 A3.5 3.5 0 1 1 5.99 2.5 Z";

const marks: ReadonlyMap<string, string> = new Map([
  ["archive", chest],
  ["exec", prompt],
  ["expression", equals],
  ["file", page],
  ["gossip", waves],
  ["httpswitch", toggle],
  ["kv", store],
  ["machines", gears],
  ["metric", bars],
  ["nagios", check],
  ["plugins", plug],
  ["schedule", calendar],
  ["timer", clock],
  ["webhook", incoming],
]);

/** A type that is not built in has a plain ring. */
export function markOf(type: string): string {
  return marks.get(type) ?? ring;
}
