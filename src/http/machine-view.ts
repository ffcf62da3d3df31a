/** What the control plane says of a machine: a view of its slot, in plain JSON. */
import type { JsonObject } from "../lib/json.ts";
import type { Delay } from "../machine/delay.ts";
import { healthOf } from "../supervisor/health.ts";
import type { Slot } from "../supervisor/slot.ts";

/** One machine in a list. `health`: as in supervisor/health.ts. */
export interface MachineSummary {
  readonly name: string;
  readonly version: string | null;
  readonly state: string | null;
  /** When the state was entered, ISO 8601. */
  readonly since: string | null;
  /** Legal now. */
  readonly transitions: readonly string[];
  readonly health: string;
  /** Since when (ISO 8601) and by whom its watchers are paused; null: they look. */
  readonly paused: { readonly at: string; readonly by: string } | null;
  /** The transition that is decided and waits before it is made; null: none. Times as ISO 8601. */
  readonly delayed: {
    readonly transition: string;
    readonly by: string;
    readonly reason: string;
    readonly since: string;
    readonly until: string;
  } | null;
  readonly file: string;
  readonly watchers: readonly WatcherSummary[];
  /** Why it does not run, or what is wrong with its file: `FILE:LINE:COLUMN message`, at most one line each. */
  readonly faults: readonly string[];
}

export interface WatcherSummary {
  readonly name: string;
  readonly type: string;
  readonly active: boolean;
  readonly looking: boolean;
  readonly outcome: string;
  readonly lookedAt: string | null;
  readonly nextLookAt: string | null;
  /** The governor that it waits for a slot of, since when (ISO 8601); null: it does not wait. */
  readonly awaitedSlot: { readonly governor: string; readonly since: string } | null;
  /** Of a kv watcher with `deliver: every`, since the machine was started; null: none. */
  readonly missed: { readonly bucket: string; readonly revisions: number; readonly isExact: boolean } | null;
}

export interface MachineDetails extends MachineSummary {
  readonly id: string | null;
  readonly definition: string | null;
  readonly data: JsonObject;
  readonly last: JsonObject | null;
  readonly counters: JsonObject;
  readonly watchers: readonly WatcherDetails[];
}

export interface WatcherDetails extends WatcherSummary {
  readonly error: string | null;
  /** The last output of its command. */
  readonly output: string | null;
  readonly detail: JsonObject;
}

export function summarize(slot: Slot): MachineSummary {
  const { machine } = slot;
  return {
    name: slot.name,
    version: machine?.definition.version ?? null,
    state: machine?.state ?? null,
    since: machine?.record.since ?? null,
    transitions: machine?.legalTransitions ?? [],
    health: healthOf(slot),
    paused: machine?.pause ?? null,
    delayed: delayedIn(machine?.delay),
    file: slot.file,
    watchers: (machine?.watchers ?? []).map(
      ({
        error: _error,
        isWaiting: _isWaiting,
        output: _output,
        detail: _detail,
        problem: _problem,
        ...view
      }) => ({
        ...view,
        ...times(view),
        missed: view.missed ?? null,
      }),
    ),
    faults: faultLines(slot),
  };
}

export function describe(slot: Slot): MachineDetails {
  const { machine } = slot;
  return {
    ...summarize(slot),
    id: machine?.record.id ?? null,
    definition: machine?.definition.hash ?? null,
    data: machine?.record.data ?? {},
    last: machine?.record.last ? { ...machine.record.last } : null,
    counters: machine ? { transitions: machine.record.transitions, ...machine.counters } : {},
    watchers: (machine?.watchers ?? []).map(({ problem, isWaiting: _isWaiting, ...view }) => ({
      ...view,
      ...times(view),
      missed: view.missed ?? null,
      error: problem ?? view.error ?? null,
      output: view.output ?? null,
    })),
  };
}

function faultLines({ file, faults, problem }: Slot): string[] {
  const lines = faults.map(
    ({ line, column, severity, message }) => `${file}:${line}:${column} ${severity}: ${message}`,
  );
  return problem === undefined ? lines : [problem, ...lines];
}

function delayedIn(delay: Delay | undefined): MachineSummary["delayed"] {
  return delay ? { ...delay, since: iso(delay.since), until: iso(delay.until) } : null;
}

type View = NonNullable<Slot["machine"]>["watchers"][number];

function times({
  lookedAt,
  nextLookAt,
  awaitedSlot,
}: Pick<View, "lookedAt" | "nextLookAt" | "awaitedSlot">): Pick<
  WatcherSummary,
  "lookedAt" | "nextLookAt" | "awaitedSlot"
> {
  return {
    lookedAt: isoOrNull(lookedAt),
    nextLookAt: isoOrNull(nextLookAt),
    awaitedSlot: awaitedSlot ? { ...awaitedSlot, since: iso(awaitedSlot.since) } : null,
  };
}

function iso(timeMs: number): string {
  return new Date(timeMs).toISOString();
}

function isoOrNull(timeMs: number | undefined): string | null {
  return timeMs === undefined ? null : iso(timeMs);
}
