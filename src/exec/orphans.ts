/** What a killed helper left running. Elsewhere than on Linux there is no search: only helper and daemon stop commands there. */
import type { Clock } from "../lib/clock.ts";
import type { RunCgroups } from "./cgroup/run-cgroups.ts";
import { runningProcesses } from "./process-table.ts";
import { disownedPlaceOf, placeOf } from "./run-marks.ts";
import { RunProcesses, type Survivors } from "./run-processes.ts";

export interface OrphanOptions {
  readonly directoryMark: string;
  /** `<helper>/<id>` of runs that had not ended. */
  readonly places: ReadonlySet<string>;
  readonly cgroups?: RunCgroups | undefined;
  readonly clock: Clock;
  readonly onSurvivors: (survivors: Survivors) => void;
}

/** Kills the processes of the runs at these places and returns when none is left. */
export async function killOrphans(options: OrphanOptions): Promise<void> {
  const { directoryMark, places, cgroups, clock, onSurvivors } = options;
  if (places.size === 0) return;
  const orphans = new RunProcesses(
    ({ pid }) => places.has(placeOf(pid, directoryMark) ?? ""),
    () => cgroups?.killAll(places),
  );
  await orphans.killed(clock, onSurvivors);
}

/** The places of disowned runs that go on. @throws the system's error when that cannot be told */
export function disownedPlaces(directoryMark: string): Set<string> {
  const places = runningProcesses().map(({ pid }) => disownedPlaceOf(pid, directoryMark));
  return new Set(places.filter((place) => place !== undefined));
}
