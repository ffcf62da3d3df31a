/** Makes the loops of a machine's watchers, each with the context that its type is created with. */
import { join } from "node:path";
import type { Definition, WatcherDefinition } from "../definition/shape.ts";
import { WatcherLoop } from "../watching/loop.ts";
import type { LoopHost } from "../watching/loop-host.ts";
import { measured } from "../watching/measured.ts";
import type { MachineServices } from "./services.ts";

interface Parts {
  readonly host: LoopHost;
  readonly definition: Definition;
  /** Id of the machine's record. */
  readonly instance: string;
  readonly services: MachineServices;
}

export function createLoops(parts: Parts): readonly WatcherLoop[] {
  return parts.definition.watchers.map((watcher) => createLoop(watcher, parts));
}

function createLoop(definition: WatcherDefinition, parts: Parts): WatcherLoop {
  const { host, instance, services } = parts;
  const type = services.types.get(definition.type);
  // The door lets only known types in.
  if (!type) throw new Error(`watcher type ${definition.type} is not registered`);
  const { name, version, directory } = parts.definition;
  const { store, commands, clock, random, facts, identity, governors, overrides, signingKey } = services;
  const owner = { machine: name, watcher: definition.name };
  const watcher = type.create(definition.properties, {
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
  const policy = type.policy(definition.properties, definition.intervalMs);
  const timed = measured(watcher, { ...owner, type: definition.type }, services);
  return new WatcherLoop({ definition, watcher: timed, policy, initialOutcome: type.initialOutcome }, host);
}
