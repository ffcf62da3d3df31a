/** The governors of the store, as watchers enter them: who waits, who is in and who leaves is told on the bus. */
import type { Bus } from "../events/bus.ts";
import { type GovernorEventType, governorEvent } from "../events/event.ts";
import type { Lease } from "../kv/lease/lease.ts";
import type { Store } from "../kv/store.ts";
import type { Clock } from "../lib/clock.ts";
import { formatDuration } from "../lib/duration.ts";
import { MachinistError, messageOf } from "../lib/errors.ts";
import type { Logger } from "../lib/logger.ts";
import type { GovernorRequest, GovernorSlot, Governors } from "../watching/governors.ts";
import { openGovernor } from "./governor-bucket.ts";

export interface GovernorParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly bus: Bus;
  readonly log: Logger;
  /** Name of this host, for events and for people. */
  readonly identity: string;
}

export function storeGovernors(parts: GovernorParts): Governors {
  return {
    async enter(request, signal) {
      const lease = await acquire(parts, request, signal);
      tell(parts, request, "enter", lease.fence);
      return slotOf(parts, request, lease);
    },
  };
}

async function acquire(parts: GovernorParts, request: GovernorRequest, signal: AbortSignal): Promise<Lease> {
  const { store, clock, identity } = parts;
  const { governor, machine, watcher, timeoutMs } = request;
  const late = new AbortController();
  const cancel = clock.after(timeoutMs, () => late.abort(tooLate(request)));
  try {
    const semaphore = await openGovernor(store, governor);
    const owner = `${machine}#${watcher} @ ${identity}`;
    return await semaphore.acquire({ owner, signal: AbortSignal.any([signal, late.signal]), clock });
  } catch (cause) {
    if (late.signal.aborted && cause === late.signal.reason) tell(parts, request, "timeouts", 0);
    throw cause;
  } finally {
    cancel();
  }
}

function slotOf(parts: GovernorParts, request: GovernorRequest, lease: Lease): GovernorSlot {
  const { governor, machine, watcher } = request;
  const lost = new AbortController();
  lease.lost.addEventListener("abort", () => lost.abort(lostSlot(governor, lease.lost.reason)), {
    once: true,
  });
  return {
    lost: lost.signal,
    async [Symbol.asyncDispose]() {
      try {
        await lease.release();
      } catch (cause) {
        const reason = messageOf(cause);
        parts.log.warn("a slot could not be given back and ends by itself", {
          machine,
          watcher,
          governor,
          reason,
        });
      }
      tell(parts, request, "exit", lease.fence);
    },
  };
}

function tell(
  { bus, clock, identity }: GovernorParts,
  { governor, machine }: GovernorRequest,
  event_type: GovernorEventType,
  sequence: number,
): void {
  bus.publish(governorEvent({ identity, component: machine, governor, sequence, event_type }, clock.now()));
}

function tooLate({ governor, timeoutMs }: GovernorRequest): MachinistError {
  const within = formatDuration(timeoutMs);
  return new MachinistError(
    "TIMEOUT",
    `governor ${governor} had no free slot within ${within}; \`machinist governor view ${governor}\` shows who has them`,
    { details: { governor } },
  );
}

function lostSlot(governor: string, cause: unknown): MachinistError {
  return new MachinistError("LEASE_LOST", `lost its slot of governor ${governor}: ${messageOf(cause)}`, {
    details: { governor },
    cause,
  });
}
