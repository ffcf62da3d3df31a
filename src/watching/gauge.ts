/** One measured value, as Prometheus has it. */
export interface Gauge {
  /** Letters, digits, `_` and `:`; everything else becomes `_`. */
  readonly name: string;
  readonly help: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Where watchers show what they measure. An owner is one watcher of one machine. */
export interface Gauges {
  /** Takes the place of all that the owner showed before; none removes it. */
  show(owner: GaugeOwner, gauges: readonly Gauge[]): void;
}

export interface GaugeOwner {
  readonly machine: string;
  readonly watcher: string;
}
