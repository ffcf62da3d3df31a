/** Changes the record of a machine that does not run: back to a state, or gone. */
import type { Definition } from "../definition/shape.ts";
import type { Clock } from "../lib/clock.ts";
import { didYouMean } from "../lib/did-you-mean.ts";
import { MachinistError } from "../lib/errors.ts";
import { deepFreeze } from "../lib/json.ts";
import type { Logger } from "../lib/logger.ts";
import { adoptedData } from "./adopted-data.ts";
import type { MachineRecord, Records } from "./record.ts";

export interface ResetOrder {
  /** Default: the initial state. */
  readonly state?: string | undefined;
  /** Default: false, the machine starts with the data of a new one. */
  readonly keepData?: boolean | undefined;
  /** Who asks for it, for the history. */
  readonly by: string;
}

/** What `last.transition` says after a reset. */
export const resetTransition = "@reset";

/**
 * Counts as a transition. Cursors stay: watchers with `deliver: every` go on after the last entry that they handled; those that compare
 * with data see the present values as new, unless the data is kept. Run numbers go on.
 * @throws MACHINE_NOT_FOUND (it never ran), INVALID_ARGUMENT (a state that the definition does not have), store errors
 */
export async function resetRecord(
  records: Records,
  definition: Definition,
  order: ResetOrder,
  { clock, log }: { readonly clock: Clock; readonly log: Logger },
): Promise<MachineRecord> {
  const { name, states, initialState } = definition;
  const { state = initialState, keepData = false, by } = order;
  if (!states.includes(state)) {
    throw new MachinistError(
      "INVALID_ARGUMENT",
      `machine ${name} has no state ${JSON.stringify(state)}${didYouMean(state, states) || `; expected one of ${states.join(", ")}`}`,
    );
  }
  const keeper = records.keeper(name);
  try {
    const record = await keeper.load();
    if (!record) throw neverRan(name);
    const at = new Date(clock.now()).toISOString();
    const reset = deepFreeze({
      ...record,
      state,
      since: at,
      transitions: record.transitions + 1,
      data: keepData ? record.data : await adoptedData(definition, log),
      last: { transition: resetTransition, from: record.state, to: state, at, by },
    });
    await keeper.commit(reset);
    return reset;
  } finally {
    keeper.release();
  }
}

/** Removes the record with its history: the machine starts as a new one. @throws MACHINE_NOT_FOUND, store errors */
export async function forgetRecord(records: Records, name: string): Promise<void> {
  if (!(await records.remove(name))) throw neverRan(name);
}

function neverRan(name: string): MachinistError {
  return new MachinistError(
    "MACHINE_NOT_FOUND",
    `machine ${JSON.stringify(name)} has no record: it never ran here, or was forgotten. \`machinist list\` shows which run`,
    { details: { machine: name } },
  );
}
