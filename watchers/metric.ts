/** The metric watcher: runs a command and shows the numbers that it prints. This file joins the parts in metric/ to the contract. */
import { runMachineCommand } from "../src/exec/machine-command.ts";
import { parseCommandWords } from "../src/lib/command-words.ts";
import { messageOf } from "../src/lib/errors.ts";
import type { JsonObject } from "../src/lib/json.ts";
import { parseTemplate, type Template, type TemplateScope } from "../src/lib/template.ts";
import { tracesOf } from "../src/watching/log-output.ts";
import type { Look, Observation, Watcher, WatcherContext, WatcherType } from "../src/watching/watcher.ts";
import { checkMetric } from "./metric/check.ts";
import { gaugesOf } from "./metric/gauges.ts";
import { isPort, sendToGraphite } from "./metric/graphite.ts";
import { type Measurement, measurementOf } from "./metric/measurement.ts";
import { type MetricProperties, metricSchema, readMetricProperties } from "./metric/properties.ts";

const runtimeName = "choria_runtime_seconds";

export const metric: WatcherType<MetricProperties> = {
  type: "metric",
  schema: metricSchema,
  minimumIntervalMs: undefined,
  initialOutcome: "unknown",
  read: readMetricProperties,
  check: checkMetric,
  commands: ({ command }) => [{ text: command, path: ["properties", "command"] }],
  // The first run at a random moment, so that not all watchers of a host measure at once.
  policy: ({ intervalMs }) => ({ start: { withinMs: intervalMs }, entry: "at-once", intervalMs }),
  create: (properties, context) => new MetricWatcher(properties, context),
};

class MetricWatcher implements Watcher {
  readonly #properties: MetricProperties;
  readonly #context: WatcherContext;
  readonly #words: readonly Template[];
  readonly #graphite: { readonly host: Template; readonly port: Template; readonly prefix: Template };
  /** The last good one, as events have it. */
  #last: JsonObject = { labels: {}, metrics: {}, time: 0 };

  constructor(properties: MetricProperties, context: WatcherContext) {
    const { host, port, prefix = `choria.${context.watcher.replaceAll(" ", "-")}` } = properties.graphite;
    this.#properties = properties;
    this.#context = context;
    this.#words = parseCommandWords(properties.command);
    this.#graphite = {
      host: parseTemplate(host),
      port: parseTemplate(port),
      prefix: parseTemplate(prefix),
    };
  }

  async observe(look: Look, signal: AbortSignal): Promise<Observation> {
    try {
      const scope = { data: look.data, facts: this.#context.facts() };
      const { timeoutMs, logOutput } = this.#properties;
      const command = { words: this.#words, scope, timeoutMs, readsStdout: true, look };
      const result = await runMachineCommand(this.#context, command, signal);
      if (result.end.how === "stopped") return { outcome: "skipped", detail: this.#detail() };
      const completedRun = result.end.how !== "not-started";
      const ran = { output: result.output, completedRun, ...tracesOf(result, logOutput) };
      const printed = measurementOf(result);
      if (typeof printed === "string") return { ...this.#failed(printed), ...ran };
      const labels = { ...printed.labels, ...this.#properties.labels };
      const runtime = result.durationMs / 1000;
      const unsent = await this.#send({ ...printed.metrics, runtime }, scope, signal);
      const measured = this.#measured({ labels, metrics: { ...printed.metrics, [runtimeName]: runtime } });
      return { ...measured, ...this.#stored(), ...ran, ...unsent };
    } catch (cause) {
      return this.#failed(messageOf(cause));
    }
  }

  #measured(measurement: Measurement): Observation {
    const { clock, watcher, showGauges } = this.#context;
    this.#last = { ...measurement, time: Math.floor(clock.now() / 1000) };
    if (!this.#properties.skipPrometheus) showGauges(gaugesOf(watcher, measurement));
    return { outcome: "measured", announce: true, detail: this.#detail() };
  }

  /** What was measured before is no longer known to be so. */
  #failed(reason: string): Observation {
    this.#context.showGauges([]);
    const error = `command \`${this.#properties.command}\`: ${reason}`;
    return { outcome: "error", fire: "fail", announce: true, error, detail: this.#detail() };
  }

  /** Under the watcher's own name, beside what other watchers of the machine stored. */
  #stored(): Pick<Observation, "merge"> {
    if (!this.#properties.store) return {};
    return { merge: { metric: { [this.#context.watcher]: this.#last } } };
  }

  /** Graphite may be away: that is said, and what was measured counts all the same. */
  async #send(
    metrics: Measurement["metrics"],
    scope: TemplateScope,
    signal: AbortSignal,
  ): Promise<{ error?: string }> {
    const { host, port } = this.#properties.graphite;
    // The time that the run took is no measurement of its own.
    if (host === "" || port === "" || Object.keys(metrics).length < 2) return {};
    try {
      const target = this.#target(scope);
      await sendToGraphite(target, metrics, { atMs: this.#context.clock.now(), signal });
      return {};
    } catch (cause) {
      return { error: `not sent to Graphite: ${messageOf(cause)}` };
    }
  }

  #target(scope: TemplateScope): { host: string; port: number; prefix: string } {
    const [host, port, prefix] = [this.#graphite.host, this.#graphite.port, this.#graphite.prefix].map(
      (template) => template.render(scope),
    );
    if (!host || !port || !isPort(port)) {
      throw new Error("graphite_host and graphite_port give no host and port from 1 to 65535");
    }
    return { host, port: Number(port), prefix: prefix ?? "" };
  }

  #detail(): JsonObject {
    return { metrics: this.#last };
  }
}
