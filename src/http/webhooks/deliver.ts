/**
 * Brings a delivery to its webhook watcher, also while the machine is replaced. A sender without the secret learns nothing: the answer
 * is the same for every path, and so is the time that it takes.
 */
import type { WatcherDefinition } from "../../definition/shape.ts";
import { type Clock, sleep } from "../../lib/clock.ts";
import { codeOf, MachinistError } from "../../lib/errors.ts";
import type { JsonObject } from "../../lib/json.ts";
import type { Machine } from "../../machine/machine.ts";
import type { Slot } from "../../supervisor/slot.ts";
import type { Supervisor } from "../../supervisor/supervisor.ts";
import type { WatcherPlace } from "../inputs.ts";

export interface Delivery extends WatcherPlace {
  readonly input: JsonObject;
}

type Looked = Awaited<ReturnType<Machine["input"]>>;

/** When a refusal is answered, in ms after it came: longer than reading a secret and the HMAC of the largest body take. */
const refusalMs = 100;

const hiddenCodes: readonly string[] = [
  "UNAUTHENTICATED",
  "MACHINE_NOT_FOUND",
  "WATCHER_NOT_FOUND",
  "FILE_NOT_FOUND",
];

/** @throws UNAUTHENTICATED; STOPPED, INVALID_ARGUMENT and VALUE_TOO_LARGE only to a sender who knows the secret */
export async function deliver(supervisor: Supervisor, delivery: Delivery, clock: Clock): Promise<string> {
  const begunAt = clock.monotonic();
  try {
    return wordFor(await look(supervisor, delivery));
  } catch (cause) {
    if (!hiddenCodes.includes(codeOf(cause))) throw cause;
    await sleep(clock, refusalMs - (clock.monotonic() - begunAt));
    throw new MachinistError(
      "UNAUTHENTICATED",
      "webhook refused: the request does not prove that its sender knows the secret of a webhook at this path. Check path, secret and header",
    );
  }
}

function wordFor({ outcome, fire }: Looked): string {
  return outcome === "received" && fire === undefined ? "not_fired" : outcome;
}

async function look(supervisor: Supervisor, delivery: Delivery): Promise<Looked> {
  const { name, watcher, input } = delivery;
  const slot = supervisor.slot(name);
  const wanted = webhookOf(slot, delivery);
  const { machine } = slot;
  if (takesInputs(machine)) {
    try {
      return await machine.input(watcher, input);
    } catch (cause) {
      // It was stopped meanwhile, and did not take the input.
      if (codeOf(cause) !== "STOPPED" || takesInputs(machine)) throw cause;
    }
  }
  // First of all: a sender without the secret must not see that the machine is replaced.
  await slot.admit(wanted, input);
  await slot.settled();
  webhookOf(slot, delivery);
  return supervisor.machine(name).input(watcher, input);
}

/** @throws WATCHER_NOT_FOUND */
function webhookOf({ definition }: Slot, { name, watcher }: WatcherPlace): WatcherDefinition {
  const watchers = definition?.name === name ? definition.watchers : [];
  const found = watchers.find((known) => known.name === watcher && known.type === "webhook");
  if (found) return found;
  throw new MachinistError(
    "WATCHER_NOT_FOUND",
    `machine ${name} has no webhook watcher ${JSON.stringify(watcher)}`,
  );
}

function takesInputs(machine: Machine | undefined): machine is Machine {
  return machine?.mode === "running" || machine?.mode === "starting";
}
