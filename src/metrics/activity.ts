/** What the daemon and its machines do, counted and timed for Prometheus. Series of a machine vanish with it. */
import { type IntervalHistogram, monitorEventLoopDelay } from "node:perf_hooks";
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Bus } from "../events/bus.ts";
import type { CommandResult } from "../exec/command.ts";
import type { MeasuredOperation } from "../kv/measured.ts";
import type { MeasuredLook } from "../watching/measured.ts";
import type { MissedRevisions } from "../watching/missed-revisions.ts";

/** What is asked anew each time somebody reads the metrics. */
export interface ActivitySources {
  machines(): readonly MachineActivity[];
  /** Records written in the life of the data directory. */
  recordsCommitted(): Promise<number>;
  /** Revisions of a bucket that were gone before topics read them. */
  topicsMissed(): number;
  /** Open answers of the HTTP interface that go on. */
  streams(): number;
}

export interface MachineActivity {
  readonly machine: string;
  readonly health: string;
  readonly isPaused: boolean;
  readonly isDelayed: boolean;
  /** Changes that wait for their turn, and the one under way. */
  readonly queueDepth: number;
  /** What each watcher missed since the machine was started. */
  readonly watchers: readonly { readonly name: string; readonly missed: MissedRevisions | undefined }[];
  /** Since it was started. */
  readonly counters: { readonly illegal: number; readonly limited: number; readonly stale: number };
}

const seconds = [0.001, 0.005, 0.025, 0.1, 0.5, 1, 5, 30, 120, 600];
/** A read of the embedded store takes some microseconds, a write to a far server may take seconds. */
const storeSeconds = [0.000_01, 0.000_1, 0.000_5, 0.001, 0.005, 0.025, 0.1, 0.5, 1, 5];
const nanosecondsInMs = 1e6;
/** How often the event loop is looked at. */
const resolutionMs = 20;

export class Activity {
  readonly #registry = new Registry();
  readonly #delay: IntervalHistogram = monitorEventLoopDelay({ resolution: resolutionMs });
  readonly #ignore: () => void;
  readonly #transitions = this.#counter("transitions_total", "Transitions made", ["machine", "transition"]);
  readonly #looks = this.#counter("watcher_looks_total", "Looks of watchers by outcome", [
    "machine",
    "watcher",
    "outcome",
  ]);
  readonly #lookSeconds = this.#histogram("watcher_look_seconds", "How long looks take", ["type"], seconds);
  readonly #commands = this.#counter("commands_total", "Commands by how they ended", ["end"]);
  readonly #commandSeconds = this.#histogram("command_seconds", "How long commands run", [], seconds);
  readonly #operationSeconds = this.#histogram(
    "kv_operation_seconds",
    "Operations on stores by outcome, and how long they take",
    ["operation", "outcome"],
    storeSeconds,
  );
  readonly #illegal = this.#counter("transitions_illegal_total", "Transitions that were not legal", [
    "machine",
  ]);
  readonly #limited = this.#counter("transitions_rate_limited_total", "Transitions that had to wait", [
    "machine",
  ]);
  readonly #stale = this.#counter("looks_stale_total", "Looks whose state was left meanwhile", ["machine"]);
  readonly #missed = this.#counter(
    "revisions_missed_total",
    "Revisions of a bucket that were gone before a watcher with deliver: every, or topics (without labels), read them, at most",
    ["machine", "watcher"],
  );
  readonly #queue = this.#gauge("queue_depth", "Changes that wait for their turn or are under way", [
    "machine",
  ]);
  readonly #machines = this.#gauge("machines", "Machines by health", ["health"]);
  readonly #paused = this.#gauge("machine_paused", "1 while the machine's watchers are paused, else 0", [
    "machine",
  ]);
  readonly #delayed = this.#gauge(
    "transition_delayed",
    "1 while a transition waits for the rate limit, else 0",
    ["machine"],
  );
  readonly #records = this.#counter("records_committed_total", "Records of machines written", []);
  readonly #streams = this.#gauge("http_streams", "Open event streams", []);
  readonly #loop = this.#gauge(
    "event_loop_delay_seconds",
    "Delay of the event loop since it was last asked",
    ["quantile"],
  );
  readonly #memory = this.#gauge("resident_memory_bytes", "Memory of the daemon", []);

  constructor(bus: Bus) {
    this.#delay.enable();
    this.#ignore = bus.subscribe(({ data }) => {
      if ("transition" in data && typeof data.transition === "string")
        this.#transitions.inc({ machine: String(data["machine"]), transition: data.transition });
    });
  }

  looked({ machine, watcher, type, outcome, durationMs }: MeasuredLook): void {
    this.#looks.inc({ machine, watcher, outcome });
    this.#lookSeconds.observe({ type }, durationMs / 1000);
  }

  commandEnded({ end, durationMs }: CommandResult): void {
    this.#commands.inc({ end: end.how });
    this.#commandSeconds.observe(durationMs / 1000);
  }

  storeAnswered({ operation, outcome, durationMs }: MeasuredOperation): void {
    this.#operationSeconds.observe({ operation, outcome }, durationMs / 1000);
  }

  /** Nothing is kept of a machine that is gone. One of that name that comes later begins at 0. */
  async forget(machine: string): Promise<void> {
    await forgetMachine(machine, this.#transitions);
    await forgetMachine(machine, this.#looks);
  }

  /** In the text format of Prometheus. */
  async text(sources: ActivitySources): Promise<string> {
    this.#show(sources.machines());
    const topicsMissed = sources.topicsMissed();
    if (topicsMissed > 0) this.#missed.inc(topicsMissed);
    this.#records.reset();
    this.#records.inc(await sources.recordsCommitted());
    this.#streams.set(sources.streams());
    this.#memory.set(process.memoryUsage.rss());
    for (const quantile of [0.5, 0.99, 1])
      this.#loop.set({ quantile }, this.eventLoopDelayMs(quantile) / 1000);
    this.#delay.reset();
    return this.#registry.metrics();
  }

  /** How late the event loop is, since `text` was last asked for. */
  eventLoopDelayMs(quantile = 0.99): number {
    // What is recorded is the time from one look to the next, which is never less than what was asked for.
    return Math.max(this.#delay.percentile(quantile * 100) / nanosecondsInMs - resolutionMs, 0);
  }

  close(): void {
    this.#ignore();
    this.#delay.disable();
  }

  #show(machines: readonly MachineActivity[]): void {
    for (const metric of [
      this.#illegal,
      this.#limited,
      this.#stale,
      this.#missed,
      this.#queue,
      this.#machines,
      this.#paused,
      this.#delayed,
    ])
      metric.reset();
    for (const { machine, health, isPaused, isDelayed, queueDepth, counters, watchers } of machines) {
      for (const { name: watcher, missed } of watchers)
        if (missed) this.#missed.inc({ machine, watcher }, missed.revisions);
      this.#illegal.inc({ machine }, counters.illegal);
      this.#limited.inc({ machine }, counters.limited);
      this.#stale.inc({ machine }, counters.stale);
      this.#queue.set({ machine }, queueDepth);
      this.#machines.inc({ health });
      this.#paused.set({ machine }, isPaused ? 1 : 0);
      this.#delayed.set({ machine }, isDelayed ? 1 : 0);
    }
  }

  #counter<const Label extends string>(
    name: string,
    help: string,
    labelNames: readonly Label[],
  ): Counter<Label> {
    return new Counter({ name: `machinist_${name}`, help, labelNames, registers: [this.#registry] });
  }

  #gauge<const Label extends string>(name: string, help: string, labelNames: readonly Label[]): Gauge<Label> {
    return new Gauge({ name: `machinist_${name}`, help, labelNames, registers: [this.#registry] });
  }

  #histogram<const Label extends string>(
    name: string,
    help: string,
    labelNames: readonly Label[],
    buckets: number[],
  ): Histogram<Label> {
    const registers = [this.#registry];
    return new Histogram({ name: `machinist_${name}`, help, labelNames, buckets, registers });
  }
}

async function forgetMachine<Label extends string>(
  machine: string,
  counter: Counter<Label | "machine">,
): Promise<void> {
  for (const { labels } of (await counter.get()).values)
    if (labels.machine === machine) counter.remove({ ...labels });
}
