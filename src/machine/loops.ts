/** Makes the watchers of a machine, each with its context, and their loops. */
import { join } from "node:path";
import type { Definition, WatcherDefinition } from "../definition/shape.ts";
import type { JsonObject } from "../lib/json.ts";
import { GovernorWaits } from "../watching/governor-waits.ts";
import type { Governors } from "../watching/governors.ts";
import { WatcherLoop } from "../watching/loop.ts";
import type { LoopHost, RememberedLook } from "../watching/loop-host.ts";
import { measured } from "../watching/measured.ts";
import type { Watcher, WatcherType } from "../watching/watcher.ts";
import type { MachineServices } from "./services.ts";

interface WatcherParts {
  readonly definition: Definition;
  /** Id of the machine's record. */
  readonly instance: string;
  readonly services: MachineServices;
}

interface Parts extends WatcherParts {
  readonly host: LoopHost;
}

export function createLoops(parts: Parts): readonly WatcherLoop[] {
  return parts.definition.watchers.map((watcher) => createLoop(watcher, parts));
}

/** Whether an input may reach a watcher whose machine does not run. @throws as `Watcher.admit` */
export async function admitInput(
  watcher: WatcherDefinition,
  input: JsonObject,
  parts: WatcherParts,
): Promise<void> {
  await createWatcher(watcher, parts, parts.services.governors).admit?.(input);
}

function createLoop(definition: WatcherDefinition, parts: Parts): WatcherLoop {
  const { host, services } = parts;
  const type = typeOf(definition, services);
  const of = { machine: parts.definition.name, watcher: definition.name, type: definition.type };
  const { governors, clock } = services;
  const log = services.log.with({ watcher: definition.name });
  const waits = new GovernorWaits({ governors, clock, log });
  const watcher = measured(createWatcher(definition, parts, waits), of, services);
  const policy = type.policy(definition.properties, definition.intervalMs);
  const { initialOutcome } = type;
  const { looks } = services;
  const remembered = looks.of(of.machine).get(of.watcher);
  const remember = (look: RememberedLook): void => looks.note(of.machine, of.watcher, look);
  const loop = { definition, watcher, policy, initialOutcome, waits, remembered, remember };
  return new WatcherLoop(loop, host);
}

function typeOf({ type }: WatcherDefinition, { types }: MachineServices): WatcherType {
  const known = types.get(type);
  // The door lets only known types in.
  if (!known) throw new Error(`watcher type ${type} is not registered`);
  return known;
}

export function createWatcher(
  definition: WatcherDefinition,
  parts: WatcherParts,
  governors: Governors,
): Watcher {
  const { instance, services } = parts;
  const { name, version, directory } = parts.definition;
  const { store, commands, clock, random, facts, identity, overrides, signingKey } = services;
  const owner = { machine: name, watcher: definition.name };
  return typeOf(definition, services).create(definition.properties, {
    machine: { name, version, instance, directory, workDirectory: join(services.workDirectory, name) },
    watcher: definition.name,
    intervalMs: definition.intervalMs,
    store,
    commands,
    clock,
    random,
    facts,
    identity,
    governors,
    overrides,
    signingKey,
    showGauges: (gauges) => services.gauges.show(owner, gauges),
    log: services.log.with({ watcher: definition.name }),
  });
}
