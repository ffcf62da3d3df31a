/** The built-in watcher types: one line for each. */
import type { WatcherType } from "../src/watching/watcher.ts";
import { exec } from "./exec.ts";
import { expression } from "./expression.ts";
import { kv } from "./kv.ts";
import { metric } from "./metric.ts";
import { nagios } from "./nagios.ts";
import { timer } from "./timer.ts";

export const builtInWatcherTypes: readonly WatcherType[] = [exec, expression, kv, metric, nagios, timer];
