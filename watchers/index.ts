/** The built-in watcher types: one line for each. */
import type { WatcherType } from "../src/watching/watcher.ts";
import { exec } from "./exec.ts";
import { expression } from "./expression.ts";
import { file } from "./file.ts";
import { gossip } from "./gossip.ts";
import { httpswitch } from "./httpswitch.ts";
import { kv } from "./kv.ts";
import { metric } from "./metric.ts";
import { nagios } from "./nagios.ts";
import { schedule } from "./schedule.ts";
import { timer } from "./timer.ts";

export const builtInWatcherTypes: readonly WatcherType[] = [
  exec,
  expression,
  file,
  gossip,
  httpswitch,
  kv,
  metric,
  nagios,
  schedule,
  timer,
];
