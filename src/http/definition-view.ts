/** What the control plane says of a machine's file: what runs of it, what it says now, and what is wrong with that. */
import { contentHash } from "../definition/definition.ts";
import type { Fault } from "../definition/fault.ts";
import type { Slot } from "../supervisor/slot.ts";

export interface DefinitionView {
  readonly name: string;
  /** null when it does not run. */
  readonly version: string | null;
  /** Of `text`: sha256 in hex. */
  readonly hash: string | null;
  readonly file: string;
  /** The machine file that runs; without a machine, the file as it is; null when that cannot be read. */
  readonly text: string | null;
  /** What the file says now, when something else runs: then `faults` and `problem` are about this. */
  readonly edited: string | null;
  /** Why a good file does not run, or why it cannot be read. */
  readonly problem: string | null;
  readonly faults: readonly Fault[];
}

export function describeDefinition({
  name,
  machine,
  file,
  source,
  edited,
  problem,
  faults,
}: Slot): DefinitionView {
  return {
    name,
    version: machine?.definition.version ?? null,
    hash: source ? contentHash(source) : null,
    file,
    text: textOf(source),
    edited: textOf(edited),
    problem: problem ?? null,
    faults,
  };
}

function textOf(bytes: Uint8Array | undefined): string | null {
  return bytes ? new TextDecoder().decode(bytes) : null;
}
