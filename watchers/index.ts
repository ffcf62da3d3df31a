/** The built-in watcher types: one line for each. */
import type { WatcherType } from "../src/watching/watcher.ts";
import { archive } from "./archive.ts";
import { exec } from "./exec.ts";
import { expression } from "./expression.ts";
import { file } from "./file.ts";
import { gossip } from "./gossip.ts";
import { http } from "./http.ts";
import { httpswitch } from "./httpswitch.ts";
import { kv } from "./kv.ts";
import { machines } from "./machines.ts";
import { metric } from "./metric.ts";
import { nagios } from "./nagios.ts";
import { plugins } from "./plugins.ts";
import { schedule } from "./schedule.ts";
import { timer } from "./timer.ts";
import { webhook } from "./webhook.ts";

export const builtInWatcherTypes: readonly WatcherType[] = [
  archive,
  exec,
  expression,
  file,
  gossip,
  http,
  httpswitch,
  kv,
  machines,
  metric,
  nagios,
  plugins,
  schedule,
  timer,
  webhook,
];
