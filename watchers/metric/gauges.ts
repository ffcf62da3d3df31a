/** Measurements under the names that Choria gives them in Prometheus. Pure. */
import type { Gauge } from "../../src/watching/gauge.ts";
import type { Measurement } from "./measurement.ts";

export function gaugesOf(watcher: string, { labels, metrics }: Measurement): Gauge[] {
  const named = Object.fromEntries(
    Object.entries(labels).map(([name, value]) => [lowered(name), lowered(value)]),
  );
  return Object.entries(metrics).map(([metric, value]) => ({
    name: `choria_machine_metric_watcher_${lowered(watcher)}_${metric}`.replace(/[^A-Za-z0-9_:]/g, "_"),
    help: "Choria Metric",
    labels: named,
    value,
  }));
}

function lowered(text: string): string {
  return text.toLowerCase().replace(/[ ,"]/g, "_");
}
