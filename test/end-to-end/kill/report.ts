/** What a fault run is asked to do, and what it found. */

export interface FaultPlan {
  readonly updates: number;
  readonly kills: number;
  /** In [0, 1): decides the moments and the victims. */
  readonly random: () => number;
  readonly say: (line: string) => void;
}

export type Victim = "daemon" | "helper" | "both";

export type KillCounts = Readonly<Record<Victim, number>>;

export interface FaultReport {
  readonly kills: KillCounts;
  /** Name → count, for people. */
  readonly figures: Readonly<Record<string, number>>;
  /** What was found wrong; empty when every promise was kept. */
  readonly faults: readonly string[];
}

/** Collects what the checks find. */
export class Findings {
  readonly figures: Record<string, number> = {};
  readonly faults: string[] = [];

  /** `fault` is reported when the promise is not kept. */
  expect(isKept: boolean, fault: string): void {
    if (!isKept) this.faults.push(fault);
  }
}
