/** A check under the names that Choria gives it in Prometheus. Pure. */
import type { Gauge } from "../../src/watching/gauge.ts";
import { type StatusName, statusCode } from "./status.ts";

export interface CheckState {
  readonly machine: string;
  readonly status: StatusName;
  /** Of the last check; undefined before the first. */
  readonly checkedAtMs: number | undefined;
  /** In the machine's life. */
  readonly checks: number;
}

/** This process began then: the same for all watchers. */
const startedAtMs = performance.timeOrigin;

export function gaugesOf({ machine, status, checkedAtMs, checks }: CheckState): Gauge[] {
  const ofMachine = (name: string, help: string, value: number): Gauge => ({
    name: `choria_machine_nagios_watcher_${name}`,
    help,
    labels: { name: machine },
    value,
  });
  const state = ofMachine("status", "Choria Nagios Check Status", statusCode(status));
  const gauges = [
    {
      name: "choria_machine_nagios_start_time",
      help: "Time the Choria Machine subsystem started in unix seconds",
      labels: {},
      value: seconds(startedAtMs),
    },
    { ...state, labels: { ...state.labels, status } },
    ofMachine("checks_count", "Choria Nagios Check Count", checks),
  ];
  if (checkedAtMs === undefined) return gauges;
  return [...gauges, ofMachine("last_run_seconds", "Choria Nagios Check Time", seconds(checkedAtMs))];
}

function seconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1000);
}
