/** The properties of a metric watcher: as they are written, and as the code has them. */
import { type Static, Type } from "typebox";
import { durationSchema } from "../../src/definition/shape.ts";
import { parseDuration } from "../../src/lib/duration.ts";
import { logOutputSchemas } from "../../src/watching/log-output.ts";

export const shortestIntervalMs = 1_000;
const defaultTimeoutMs = 10_000;

/** Closed. What each key says is what editors show. */
export const metricSchema = Type.Object(
  {
    command: Type.String({
      minLength: 1,
      description:
        "Program and arguments, split into words as a shell does, run without a shell in the machine's directory. Each word may hold templates; what they become is never split again. It prints one JSON object with `labels` and `metrics`, or Nagios perfdata.",
      examples: ["./measure.sh", "check_load -w 5 -c 10"],
    }),
    interval: Type.Optional(
      durationSchema({ description: "Time from the end of a run to the next. At least 1s.", default: "1s" }),
    ),
    ...logOutputSchemas,
    timeout: Type.Optional(
      durationSchema({
        description: "Stop the command and all it started when it runs longer. 0 is the default.",
        default: "10s",
      }),
    ),
    labels: Type.Optional(
      Type.Record(Type.String(), Type.String(), {
        default: {},
        description: "Labels of all that is measured. They win over those that the command prints.",
        examples: [{ site: "ams" }],
      }),
    ),
    store: Type.Optional(
      Type.Boolean({
        default: false,
        description:
          "Keep what was measured in the machine's data, in the item `metric` under the watcher's name.",
      }),
    ),
    skip_prometheus: Type.Optional(
      Type.Boolean({ default: false, description: "Show nothing of it in the daemon's metrics." }),
    ),
    http: Type.Optional(
      Type.Boolean({
        default: false,
        description: "Accepted for Choria's documents: the last measurement can always be seen.",
      }),
    ),
    graphite_host: Type.Optional(
      Type.String({
        description: "Send what was measured to Graphite on this host, over TCP. May hold templates.",
      }),
    ),
    graphite_port: Type.Optional(
      Type.String({
        description: "Port of Graphite; without it nothing is sent. May hold templates.",
        examples: ["2003"],
      }),
    ),
    graphite_prefix: Type.Optional(
      Type.String({
        description:
          "What the names in Graphite begin with. May hold templates. Default: choria.<name of the watcher>",
      }),
    ),
  },
  {
    additionalProperties: false,
    description:
      "Runs a command at each interval and shows the numbers that it prints: in events, to Prometheus, to Graphite and in the machine's data. Never fires success_transition; fires fail_transition when the command fails or prints JSON that cannot be read.",
    examples: [{ command: "./measure.sh", interval: "30s", labels: { site: "ams" } }],
  },
);

export interface GraphiteProperties {
  /** All three are templates. */
  readonly host: string;
  readonly port: string;
  /** undefined: made of the watcher's name. */
  readonly prefix: string | undefined;
}

export interface MetricProperties {
  /** As written: its words are templates. */
  readonly command: string;
  /** At least 1s. */
  readonly intervalMs: number;
  /** As written, before the minimum; undefined when left out. */
  readonly writtenIntervalMs: number | undefined;
  /** At least 1. */
  readonly timeoutMs: number;
  readonly logOutput: boolean;
  readonly labels: Readonly<Record<string, string>>;
  readonly store: boolean;
  readonly skipPrometheus: boolean;
  /** Nothing is sent unless host and port are there. */
  readonly graphite: GraphiteProperties;
}

/** @param raw valid by `metricSchema`, as the door has made sure */
export function readMetricProperties(raw: unknown): MetricProperties {
  const written = raw as Static<typeof metricSchema>;
  const writtenIntervalMs = written.interval === undefined ? undefined : parseDuration(written.interval);
  return {
    command: written.command,
    intervalMs: Math.max(writtenIntervalMs ?? 0, shortestIntervalMs),
    writtenIntervalMs,
    timeoutMs: parseDuration(written.timeout ?? "0") || defaultTimeoutMs,
    logOutput: written.log_output ?? false,
    labels: written.labels ?? {},
    store: written.store ?? false,
    skipPrometheus: written.skip_prometheus ?? false,
    graphite: {
      host: written.graphite_host ?? "",
      port: written.graphite_port ?? "",
      prefix: written.graphite_prefix || undefined,
    },
  };
}
