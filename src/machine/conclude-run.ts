/** Notes in the log of a run what its watcher made of it, once that is committed. */
import type { Observation } from "../watching/watcher.ts";
import type { MachineRecord } from "./record.ts";
import type { MachineServices } from "./services.ts";

/** @param visit transitions that the machine had made before the look was committed */
export function concludeRun(
  services: Pick<MachineServices, "concludeRun">,
  { machine, last, transitions }: MachineRecord,
  { watcher, seen, visit }: { readonly watcher: string; readonly seen: Observation; readonly visit: number },
): void {
  const { run, outcome, error } = seen;
  if (run === undefined) return;
  const moved = transitions > visit && last?.by === `watcher ${watcher}` ? last : undefined;
  const { transition, from, to } = moved ?? {};
  services.concludeRun({ owner: machine, part: watcher }, run, { outcome, error, transition, from, to });
}
