/** Measuring: interleaved rounds, medians and percentiles, and a report whose rows carry ratios of the same run. */

/** One figure. `ratio` is ours against `to`, measured in the same run; only ratios travel between machines. */
export interface Row {
  readonly name: string;
  readonly value: number;
  /** `/s`, `ms`, `KiB`… */
  readonly unit: string;
  readonly ratio?: number;
  /** What the ratio is to. */
  readonly to?: string;
  readonly target?: Target;
}

/** What performance we aim at: of the ratio when the row has one, else of the figure. `>= 0.7`, `<= 1 ms`. */
export type Target = `${">=" | "<="} ${number}${"" | ` ${string}`}`;

export interface Report {
  section(title: string): void;
  row(row: Row): void;
  /** How many targets were met, and which were not. */
  end(): void;
}

/** Prints each row as it comes, with its verdict. */
export function printedReport(write: (line: string) => void): Report {
  let met = 0;
  let section = "";
  const missed: string[] = [];
  const judge = (row: Row): string => {
    if (row.target === undefined) return "";
    const isMet = isWithin(row.target, row.ratio ?? row.value);
    if (isMet) met++;
    else missed.push(`${section} / ${row.name}${row.to === undefined ? "" : `, to ${row.to}`}`);
    return `target ${row.target}`.padEnd(18) + (isMet ? "ok" : "missed");
  };
  return {
    section(title) {
      section = title;
      write(`\n${title}`);
    },
    row(row) {
      const { name, value, unit, ratio, to } = row;
      const ratioText = ratio === undefined ? "" : `${ratio.toFixed(2)}x ${to ?? ""}`;
      write(
        `  ${name.padEnd(52)} ${figure(value).padStart(10)} ${unit.padEnd(5)} ${ratioText.padEnd(38)} ${judge(row)}`.trimEnd(),
      );
    },
    end() {
      if (met + missed.length === 0) return;
      write(`\ntargets: ${met} ok, ${missed.length} missed`);
      for (const name of missed) write(`  missed: ${name}`);
    },
  };
}

function isWithin(target: Target, found: number): boolean {
  const [relation, bound] = target.split(" ");
  return relation === ">=" ? found >= Number(bound) : found <= Number(bound);
}

/** Three significant digits, thousands apart. */
function figure(value: number): string {
  if (value >= 1000) return Math.round(value).toLocaleString("en").replaceAll(",", "_");
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

/** Nearest rank; `fraction` 0.5 is the median. NaN of nothing. */
export function percentile(values: readonly number[], fraction: number): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * fraction))] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

/** Wall time of one call, in ms. */
export async function timed(work: () => unknown): Promise<number> {
  const begin = performance.now();
  await work();
  return performance.now() - begin;
}

/**
 * Runs the contenders in turn, one warm-up round and then `rounds`, so that a drift of the machine meets all alike.
 * @returns the median wall time in ms of each
 */
export async function interleaved<const Contenders extends readonly (() => unknown)[]>(
  contenders: Contenders,
  { rounds }: { readonly rounds: number },
): Promise<{ [At in keyof Contenders]: number }> {
  const times: number[][] = contenders.map(() => []);
  for (let round = -1; round < rounds; round++) {
    for (const [at, contender] of contenders.entries()) {
      const ms = await timed(contender);
      if (round >= 0) times[at]?.push(ms);
    }
  }
  return times.map(median) as { [At in keyof Contenders]: number };
}
