/** All that the watchers of this daemon measure now, and its text for Prometheus. The only file that names prom-client. */
import { Gauge as PrometheusGauge, Registry } from "prom-client";
import type { Gauge, GaugeOwner, Gauges } from "../watching/gauge.ts";

export interface Metrics extends Gauges {
  /** Of `text`, for HTTP. */
  readonly contentType: string;
  /** In the text format of Prometheus, version 0.0.4. Of several equal series the one that was shown last. */
  text(): Promise<string>;
  /** Calls `listener` after each change, at once and without saying what changed. @returns ends that */
  onChange(listener: () => void): () => void;
}

export function createMetrics(): Metrics {
  return new ShownGauges();
}

/**
 * Keeps what each owner shows and makes a registry of it when somebody asks: so nothing can be forgotten in one, and owners
 * may give one name different labels.
 */
class ShownGauges implements Metrics {
  readonly contentType = Registry.PROMETHEUS_CONTENT_TYPE;
  /** By machine and then watcher; who showed last stands last. */
  readonly #owners = new Map<string, readonly Gauge[]>();
  readonly #listeners = new Set<() => void>();

  show({ machine, watcher }: GaugeOwner, gauges: readonly Gauge[]): void {
    const key = JSON.stringify([machine, watcher]);
    const hadSome = this.#owners.delete(key);
    if (gauges.length > 0) this.#owners.set(key, gauges.map(cleaned));
    if (hadSome || gauges.length > 0) this.#changed();
  }

  text(): Promise<string> {
    const registry = new Registry();
    for (const [name, gauges] of this.#byName()) {
      const labelNames = [...new Set(gauges.flatMap(({ labels }) => Object.keys(labels)))];
      const help = gauges[0]?.help ?? "";
      const series = new PrometheusGauge({ name, help, labelNames, registers: [registry] });
      for (const { labels, value } of gauges) series.set({ ...labels }, value);
    }
    return registry.metrics();
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #byName(): ReadonlyMap<string, readonly Gauge[]> {
    const byName = new Map<string, Gauge[]>();
    for (const gauge of [...this.#owners.values()].flat()) {
      const same = byName.get(gauge.name);
      if (same) same.push(gauge);
      else byName.set(gauge.name, [gauge]);
    }
    return new Map([...byName].sort(([left], [right]) => (left < right ? -1 : 1)));
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}

/** Prometheus takes a few characters only, and keeps label names that begin with `__` for itself. */
function cleaned({ name, help, labels, value }: Gauge): Gauge {
  const entries = Object.entries(labels).map(([label, text]) => [
    cleanedName(label, /[^A-Za-z0-9_]/g).replace(/^__+/, "_"),
    text,
  ]);
  const legal = cleanedName(name, /[^A-Za-z0-9_:]/g);
  // prom-client keeps its metrics in a plain object, where names such as "constructor" are taken.
  const free = legal in Object.prototype ? `${legal}_` : legal;
  return { name: free, help, labels: Object.fromEntries(entries), value };
}

function cleanedName(name: string, bad: RegExp): string {
  return name.replace(bad, "_").replace(/^(?=\d|$)/, "_");
}
