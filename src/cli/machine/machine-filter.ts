/** Which machines a command is about. */
import type { MachineSummary } from "../../http/machine-view.ts";
import { needsAttention } from "../../supervisor/health.ts";

export interface MachineFilter {
  /** Whether anything was asked for at all. */
  readonly isSet: boolean;
  readonly fits: (machine: Pick<MachineSummary, "name" | "state" | "health">) => boolean;
}

interface Wanted {
  readonly pattern: string | undefined;
  readonly states: readonly string[] | undefined;
  readonly failing: boolean;
}

export function machineFilter({ pattern, states, failing }: Wanted): MachineFilter {
  const name = pattern === undefined ? undefined : globOf(pattern);
  return {
    isSet: name !== undefined || states !== undefined || failing,
    fits: (machine) =>
      (name?.test(machine.name) ?? true) &&
      (states?.includes(machine.state ?? "") ?? true) &&
      (!failing || needsAttention(machine.health)),
  };
}

/** `*` any characters, `?` one; everything else is itself. */
function globOf(pattern: string): RegExp {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replace(/\*+/g, ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${source}$`);
}
