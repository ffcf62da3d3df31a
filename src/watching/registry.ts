/** The watcher types that a daemon or a command knows, by name. */
import type { WatcherType } from "./watcher.ts";

export type WatcherTypes = ReadonlyMap<string, WatcherType>;

/** @throws Error when two types bear one name: a bug of whoever lists them */
export function registerWatcherTypes(types: readonly WatcherType[]): WatcherTypes {
  const registry = new Map<string, WatcherType>();
  for (const type of types) {
    if (registry.has(type.type)) throw new Error(`watcher type ${type.type} is registered twice`);
    registry.set(type.type, type);
  }
  return registry;
}
