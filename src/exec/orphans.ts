/** What a killed helper left running. Elsewhere than on Linux there is no search: only helper and daemon stop commands there. */
import type { Clock } from "../lib/clock.ts";
import { runningProcesses } from "./process-table.ts";
import { disownedPlaceOf, placeOf } from "./run-marks.ts";
import { RunProcesses, type Survivors } from "./run-processes.ts";

/**
 * Kills the processes of the runs at these places and returns when none is left.
 * @param places `<helper>/<id>` of runs that had not ended
 */
export async function killOrphans(
  directoryMark: string,
  places: ReadonlySet<string>,
  clock: Clock,
  onSurvivors: (survivors: Survivors) => void,
): Promise<void> {
  if (places.size === 0) return;
  const orphans = new RunProcesses(({ pid }) => places.has(placeOf(pid, directoryMark) ?? ""));
  await orphans.killed(clock, onSurvivors);
}

/** The places of disowned runs that go on. @throws the system's error when that cannot be told */
export function disownedPlaces(directoryMark: string): Set<string> {
  const places = runningProcesses().map(({ pid }) => disownedPlaceOf(pid, directoryMark));
  return new Set(places.filter((place) => place !== undefined));
}
