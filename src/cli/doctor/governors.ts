/** Governors whose slots are held by the dead, or for which machines wait long. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "../../config/config.ts";
import type { CheckedDefinition } from "../../definition/definition.ts";
import type { MachineSummary } from "../../http/machine-view.ts";
import type { SemaphoreStatus } from "../../kv/semaphore.ts";
import { formatDuration } from "../../lib/duration.ts";
import { messageOf } from "../../lib/errors.ts";
import { listGovernors } from "../../machine/governor-bucket.ts";
import { slotOf } from "../../machine/governor-json.ts";
import { checkedIn } from "../definitions-in.ts";
import { type Check, ok, problem, warning } from "./check.ts";

/** A watcher that enters a governor, as its machine's file says. */
export interface GovernedWatcher {
  readonly machine: string;
  readonly watcher: string;
  readonly governor: string;
}

/** Longer than most commands take. */
const longWaitMs = 60_000;

export interface GovernorParts {
  readonly governors: readonly SemaphoreStatus[];
  readonly governed: readonly GovernedWatcher[];
  /** Of the running daemon. */
  readonly machines: readonly MachineSummary[];
  /** ms since 1970. */
  readonly now: number;
}

/** Of the configured store; none where there is no store yet. */
export async function allGovernorChecks(
  { storeUrl, nats, dropDirectories }: Config,
  machines: readonly MachineSummary[],
): Promise<readonly Check[]> {
  const directory = /^lmdb:(.*)$/.exec(storeUrl)?.[1];
  if (directory !== undefined && !existsSync(join(directory, "data.mdb"))) return [];
  const { openStore } = await import("../../kv/open.ts");
  try {
    await using store = await openStore(storeUrl, { nats });
    const governors = await listGovernors(store);
    const governed = (await checkedIn(dropDirectories, undefined)).flatMap(governedWatchers);
    return governorChecks({ governors, governed, machines, now: Date.now() });
  } catch (error) {
    return [problem("Governors", messageOf(error))];
  }
}

function governedWatchers({ definition, resources }: CheckedDefinition): GovernedWatcher[] {
  return resources.flatMap(({ kind, name: governor, path: [, index] }) => {
    const watcher = definition?.watchers[Number(index)]?.name;
    if (kind !== "governor" || watcher === undefined) return [];
    return [{ machine: definition?.name ?? "", watcher, governor }];
  });
}

export function governorChecks({ governors, governed, machines, now }: GovernorParts): Check[] {
  return governors.flatMap((governor) => {
    const { name, capacity, holders } = governor;
    const found = [
      ...deadHolders(governor, now),
      ...governed
        .filter((watcher) => watcher.governor === name)
        .flatMap((watcher) => longWait(watcher, governor, { machines, now })),
    ];
    const check = `Governor ${name}`;
    if (found.length > 0) return found.map((message) => warning(check, message));
    return [ok(check, `${holders.length} of ${capacity} slots taken`)];
  });
}

function deadHolders({ name, holders }: SemaphoreStatus, now: number): string[] {
  return holders
    .filter(({ renewed, ttlMs }) => now - renewed.getTime() > ttlMs)
    .map((holder) => {
      const slot = slotOf(holder);
      const silent = formatDuration(roundedMs(now - holder.renewed.getTime()));
      return `slot ${slot} is held by ${holder.owner}, which has not renewed it for ${silent} (ttl ${formatDuration(holder.ttlMs)}): the next that waits takes it over; \`machinist governor evict ${name} ${slot}\` frees it now`;
    });
}

/** A look that is under way, without a slot, while all are taken. */
function longWait(
  { machine, watcher }: GovernedWatcher,
  { name, capacity, holders }: SemaphoreStatus,
  { machines, now }: Pick<GovernorParts, "machines" | "now">,
): string[] {
  const found = machines.find((one) => one.name === machine);
  const isLooking = found?.watchers.some((one) => one.name === watcher && one.looking);
  const isInside = holders.some(({ owner }) => owner.startsWith(`${machine}#${watcher} @ `));
  const waitedMs = now - Date.parse(found?.since ?? "");
  if (!isLooking || isInside || holders.length < capacity || !(waitedMs > longWaitMs)) return [];
  const owners = holders.map(({ owner }) => owner).join(", ");
  return [
    `watcher ${watcher} of machine ${machine} waits for a slot, in its state for ${formatDuration(roundedMs(waitedMs))}; the slots are held by ${owners}: \`machinist governor view ${name}\``,
  ];
}

function roundedMs(ms: number): number {
  return Math.round(ms / 1000) * 1000;
}
