/** The built-in watcher types: one line for each. */
import type { WatcherType } from "../src/watching/watcher.ts";
import { exec } from "./exec.ts";
import { expression } from "./expression.ts";
import { kv } from "./kv.ts";
import { machines } from "./machines.ts";
import { plugins } from "./plugins.ts";
import { timer } from "./timer.ts";

export const builtInWatcherTypes: readonly WatcherType[] = [exec, expression, kv, machines, plugins, timer];
