/** The built-in watcher types: one line for each. */
import type { WatcherType } from "../src/watching/watcher.ts";
import { exec } from "./exec.ts";
import { expression } from "./expression.ts";
import { gossip } from "./gossip.ts";
import { httpswitch } from "./httpswitch.ts";
import { kv } from "./kv.ts";
import { timer } from "./timer.ts";

export const builtInWatcherTypes: readonly WatcherType[] = [exec, expression, gossip, httpswitch, kv, timer];
