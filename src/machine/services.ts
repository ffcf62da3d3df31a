/** What all machines of a daemon share, made once by the composition root. */
import type { Bus } from "../events/bus.ts";
import type { CommandRunner } from "../exec/command.ts";
import type { RunConclusion } from "../exec/output/meta.ts";
import type { LogPlace } from "../exec/output/places.ts";
import type { Store } from "../kv/store.ts";
import type { Clock } from "../lib/clock.ts";
import type { JsonObject } from "../lib/json.ts";
import type { Logger } from "../lib/logger.ts";
import type { Gauges } from "../watching/gauge.ts";
import type { Governors } from "../watching/governors.ts";
import type { LookListener } from "../watching/measured.ts";
import type { WatcherTypes } from "../watching/registry.ts";
import type { LookMemory } from "./look-memory.ts";
import type { Records } from "./record.ts";
import type { Roster } from "./roster.ts";

export interface MachineServices {
  /** The store that watchers look at. */
  readonly store: Store;
  /** The records, in the embedded store of the data directory. */
  readonly records: Records;
  readonly roster: Roster;
  readonly bus: Bus;
  readonly types: WatcherTypes;
  readonly commands: CommandRunner;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
  /** The host's facts now. */
  readonly facts: () => JsonObject;
  readonly governors: Governors;
  readonly looks: LookMemory;
  /** Notes in the log of a run what a watcher made of it. */
  readonly concludeRun: (place: LogPlace, run: number, conclusion: RunConclusion) => void;
  readonly gauges: Gauges;
  readonly onLook: LookListener;
  /** What the host says about its machines beside their files, by machine name. */
  readonly overrides: () => JsonObject;
  /** The public key that specifications must be signed by, hex; undefined = each machine says. */
  readonly signingKey: string | undefined;
  /** Name of this host in events. */
  readonly identity: string;
  /** Each machine gets a directory of its own name in here, made when its first command runs. */
  readonly workDirectory: string;
  /** Data that new machines begin with, by machine name. */
  readonly initialData: Readonly<Record<string, JsonObject>>;
}
