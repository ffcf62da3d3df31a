/** Durations as people write them: `500ms`, `10s`, `1h30m`, `2d`, `1w`. Internally always whole milliseconds. */
import { MachinistError } from "./errors.ts";

/**
 * One superset of Choria's two grammars (Go's units, and its `d w M y`). `M` is 30 days and `m` a minute; `S`, `H`,
 * `D`, `W`, `Y` are read as their lower-case twins.
 */
const unitMs: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1_000,
  S: 1_000,
  m: 60_000,
  h: 3_600_000,
  H: 3_600_000,
  d: 86_400_000,
  D: 86_400_000,
  w: 604_800_000,
  W: 604_800_000,
  M: 2_592_000_000,
  y: 31_536_000_000,
  Y: 31_536_000_000,
};

const part = /(\d+(?:\.\d+)?|\.\d+)(ns|us|µs|ms|[sSmhHdDwWMyY])/gy;

/**
 * Reads a duration; surrounding space is ignored, `0` needs no unit.
 * @returns milliseconds, rounded to a whole number
 * @throws INVALID_ARGUMENT naming what was found and how to write it
 */
export function parseDuration(text: string): number {
  const trimmed = text.trim();
  if (trimmed === "0") return 0;
  let total = 0;
  let end = 0;
  for (const match of trimmed.matchAll(part)) {
    total += Number(match[1]) * (unitMs[match[2] ?? ""] ?? 0);
    end = match.index + match[0].length;
  }
  if (end === 0 || end !== trimmed.length || !Number.isSafeInteger(Math.round(total))) {
    throw new MachinistError("INVALID_ARGUMENT", `${JSON.stringify(text)} is no duration${hint(trimmed)}`);
  }
  return Math.round(total);
}

function hint(text: string): string {
  if (/^\d+(\.\d+)?$/.test(text)) return `: it has no unit, write "${text}s" for seconds`;
  if (text.startsWith("-")) return ": it is negative";
  return ', write for example "500ms", "10s", "1h30m", "2d" or "1w"';
}

const printed: readonly (readonly [string, number])[] = [
  ["w", 604_800_000],
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1_000],
  ["ms", 1],
];

/** A wait for people, in seconds: `4.2 s`. Less than nothing is nothing. */
export function formatWait(waitMs: number): string {
  return `${(Math.max(waitMs, 0) / 1_000).toFixed(1)} s`;
}

/** Writes milliseconds so that parseDuration reads them back: `5400000` → `1h30m`, `0` → `0s`. */
export function formatDuration(durationMs: number): string {
  let rest = Math.round(durationMs);
  if (rest === 0) return "0s";
  let text = "";
  for (const [unit, size] of printed) {
    const count = Math.floor(rest / size);
    if (count > 0) text += `${count}${unit}`;
    rest -= count * size;
  }
  return text;
}
