/** What is done to a store, how often, and the rates that come of it. */
import { interleaved, type Report, type Target } from "../measure.ts";

/** So many different keys, each with its history, are there before anything is measured. */
export const keys = 2000;

/** Work that is measured as a whole. */
export interface Load {
  /** How many operations it is. */
  readonly count: number;
  run(): unknown;
}

/** Keys are spread over the tree, as those of a real store are. */
export function keyAt(index: number): string {
  return `app.node${(index * 7919) % keys}.release`;
}

/** One after the other, in one turn. */
export function repeat(count: number, work: (index: number) => void): Load {
  return {
    count,
    run() {
      for (let index = 0; index < count; index++) work(index);
    },
  };
}

/** `width` at once, until `count` are done. */
export function inFlight(count: number, width: number, work: (index: number) => Promise<unknown>): Load {
  return {
    count,
    async run() {
      let next = 0;
      const oneAfterAnother = async (): Promise<void> => {
        while (next < count) await work(next++);
      };
      await Promise.all(Array.from({ length: width }, oneAfterAnother));
    },
  };
}

/** `width` at once, and the next when all of these are done: one commit for each, where a store commits what is waiting. */
export function bursts(count: number, width: number, work: (index: number) => Promise<unknown>): Load {
  return {
    count,
    async run() {
      for (let from = 0; from < count; from += width) {
        const length = Math.min(width, count - from);
        await Promise.all(Array.from({ length }, (_, index) => work(from + index)));
      }
    },
  };
}

/** Operations a second of each, medians of interleaved rounds. */
export async function rates<Name extends string>(
  loads: Readonly<Record<Name, Load>>,
  rounds = 5,
): Promise<Readonly<Record<Name, number>>> {
  const named = Object.entries<Load>(loads);
  const times = await interleaved(
    named.map(
      ([, load]) =>
        () =>
          load.run(),
    ),
    { rounds },
  );
  const found = named.map(([name, { count }], at) => [name, (count / (times[at] ?? Number.NaN)) * 1000]);
  return Object.fromEntries(found);
}

/** One peer that a rate is held against. */
export interface Than {
  readonly to: string;
  readonly rate: number;
  readonly target?: Target;
}

/** A row for each peer; one without a ratio when there is none. */
export function rateRows(report: Report, name: string, rate: number, ...peers: readonly Than[]): void {
  if (peers.length === 0) report.row({ name, value: rate, unit: "/s" });
  for (const { to, rate: theirs, target } of peers) {
    report.row({ name, value: rate, unit: "/s", ratio: rate / theirs, to, ...(target && { target }) });
  }
}
