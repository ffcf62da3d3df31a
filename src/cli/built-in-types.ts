/** The watcher types that the command line checks definitions against: the only file here that names them. */
import { builtInWatcherTypes } from "../../watchers/index.ts";
import { registerWatcherTypes, type WatcherTypes } from "../watching/registry.ts";

export function builtInTypes(): WatcherTypes {
  return registerWatcherTypes(builtInWatcherTypes);
}
