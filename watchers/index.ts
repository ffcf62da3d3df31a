/** The built-in watcher types: one line for each. */
import type { WatcherType } from "../src/watching/watcher.ts";
import { exec } from "./exec.ts";
import { file } from "./file.ts";
import { kv } from "./kv.ts";
import { schedule } from "./schedule.ts";
import { timer } from "./timer.ts";

export const builtInWatcherTypes: readonly WatcherType[] = [exec, file, kv, schedule, timer];
