/** What a command printed, read as measurements. Pure. */
import { type CommandResult, describeEnd } from "../../src/exec/command.ts";
import { isJsonObject, type JsonObject } from "../../src/lib/json.ts";
import { parsePerfdata, perfdataLimits } from "../../src/lib/perfdata.ts";

export interface Measurement {
  readonly labels: Readonly<Record<string, string>>;
  readonly metrics: Readonly<Record<string, number>>;
}

const mostLabels = 32;
const longestLabelValue = 1_024;

/**
 * `{…}` is JSON, everything else perfdata: no perfdata is no measurement and no error, as Choria has it.
 * @returns what is wrong when it cannot be read: never with a piece of it
 */
export function measurementOf(result: CommandResult): Measurement | string {
  const { end, stdout, stdoutComplete } = result;
  if (end.how !== "exited" || end.code !== 0) return describeEnd(end);
  if (!stdout.trimStart().startsWith("{")) {
    const values = parsePerfdata(stdout).map(({ label, value }): [string, number] => [label, value]);
    return { labels: { format: "nagios" }, metrics: Object.fromEntries(values) };
  }
  if (!stdoutComplete) return "its standard output is larger than 1 MiB; print less";
  return readJson(stdout);
}

const expected = 'expected {"labels": {"name": "text"}, "metrics": {"name": 1.5}}';

function readJson(text: string): Measurement | string {
  let printed: unknown;
  try {
    printed = JSON.parse(text);
  } catch {
    return `it printed "{" and then something that is no JSON; ${expected}`;
  }
  const { labels, metrics } = isJsonObject(printed) ? printed : {};
  const texts = entriesOf(labels ?? {}, isLabel);
  if (!texts || texts.length > mostLabels) {
    return `its labels are no object of at most ${mostLabels} names and texts; ${expected}`;
  }
  const numbers = entriesOf(metrics ?? {}, isNumber);
  if (!numbers || numbers.length > perfdataLimits.values) {
    return `its metrics are no object of at most ${perfdataLimits.values} names and numbers; ${expected}`;
  }
  return { labels: { format: "choria", ...Object.fromEntries(texts) }, metrics: Object.fromEntries(numbers) };
}

/** The entries of an object whose names are short and whose values all pass; undefined for everything else. */
function entriesOf<T>(value: unknown, passes: (value: unknown) => value is T): [string, T][] | undefined {
  if (!isJsonObject(value)) return undefined;
  const entries: [string, T][] = [];
  for (const [name, inner] of Object.entries<JsonObject[string]>(value)) {
    if (!passes(inner) || name === "" || name.length > perfdataLimits.labelLength) return undefined;
    entries.push([name, inner]);
  }
  return entries;
}

function isLabel(value: unknown): value is string {
  return typeof value === "string" && value.length <= longestLabelValue;
}

function isNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}
