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
  /** What performance we aim at, as a ratio or a figure: `>= 0.7`, `<= 1 ms`. */
  readonly target?: string;
}

export interface Report {
  section(title: string): void;
  row(row: Row): void;
}

/** Prints each row as it comes. */
export function printedReport(write: (line: string) => void): Report {
  return {
    section: (title) => write(`\n${title}`),
    row({ name, value, unit, ratio, to, target }) {
      const ratioText = ratio === undefined ? "" : `${ratio.toFixed(2)}x ${to ?? ""}`;
      const targetText = target === undefined ? "" : `target ${target}`;
      write(
        `  ${name.padEnd(52)} ${figure(value).padStart(10)} ${unit.padEnd(5)} ${ratioText.padEnd(30)} ${targetText}`.trimEnd(),
      );
    },
  };
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
