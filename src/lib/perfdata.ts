/**
 * What a monitoring plugin measured, from its output: `OK - fine | 'free space'=12.5GB;5;2 load=0.3`. Never fails: what is no
 * measurement is left out.
 */

/** One measurement. Thresholds and limits behind the value are dropped. */
export interface PerfValue {
  /** Without its quotes. */
  readonly label: string;
  readonly value: number;
  /** As written, such as `s`, `%` or `MB`; empty when there is none. */
  readonly unit: string;
}

/** Of one output, so that no plugin can fill the memory: this much text is read, and so many values are kept. */
export const perfdataLimits = { textLength: 64 * 1024, values: 256, labelLength: 128 } as const;

const gap = /\s+/y;
const label = `(?:'((?:[^']|''){1,${perfdataLimits.labelLength}})'|([^\\s'=]{1,${perfdataLimits.labelLength}}))`;
const item = new RegExp(`${label}=(\\S*)`, "y");
const junk = /\S+/y;
const measurement = /^([+-]?(?:\d{1,64}(?:\.\d{0,64})?|\.\d{1,64})(?:[eE][+-]?\d{1,3})?)([A-Za-z%µ]{0,16})$/;

/** The measurements behind the only `|` of a plugin's output; none when there is no `|` or more than one, as Choria has it. */
export function parsePerfdata(output: string): readonly PerfValue[] {
  const start = output.indexOf("|") + 1;
  if (start === 0 || output.includes("|", start)) return [];
  const text = output.slice(start, start + perfdataLimits.textLength);
  const found: PerfValue[] = [];
  let position = 0;
  while (position < text.length && found.length < perfdataLimits.values) {
    position += lengthOf(gap, text, position);
    const match = matchAt(item, text, position);
    const value = match && valueIn(match);
    if (value) found.push(value);
    position += match?.[0].length ?? lengthOf(junk, text, position);
  }
  return found;
}

function valueIn([, quoted, plain, written = ""]: RegExpExecArray): PerfValue | undefined {
  const [, digits, unit = ""] = measurement.exec(written.split(";", 1)[0] ?? "") ?? [];
  const value = Number(digits);
  if (digits === undefined || !Number.isFinite(value)) return undefined;
  const name = (quoted?.replaceAll("''", "'") ?? plain ?? "").trim();
  return name === "" ? undefined : { label: name, value, unit };
}

function matchAt(pattern: RegExp, text: string, position: number): RegExpExecArray | null {
  pattern.lastIndex = position;
  return pattern.exec(text);
}

function lengthOf(pattern: RegExp, text: string, position: number): number {
  return matchAt(pattern, text, position)?.[0].length ?? 0;
}
