/** Faults of a metric watcher that its schema cannot tell. Pure. */
import { type PropertyFault, refusal, type WatcherDefinition } from "../../src/definition/shape.ts";
import { parseCommandWords } from "../../src/lib/command-words.ts";
import { formatDuration } from "../../src/lib/duration.ts";
import { parseTemplate } from "../../src/lib/template.ts";
import { isPort } from "./graphite.ts";
import { type GraphiteProperties, type MetricProperties, shortestIntervalMs } from "./properties.ts";

export function checkMetric({
  properties,
  successTransition,
}: WatcherDefinition & { readonly properties: MetricProperties }): readonly PropertyFault[] {
  const { command, graphite, writtenIntervalMs } = properties;
  const faults = [
    ...refusal(["properties", "command"], () => parseCommandWords(command)),
    ...checkGraphite(graphite),
  ];
  if (writtenIntervalMs !== undefined && writtenIntervalMs < shortestIntervalMs) {
    const message = `${formatDuration(writtenIntervalMs)} is shorter than the shortest interval; it will be 1s, write that`;
    faults.push({ path: ["properties", "interval"], message, severity: "warning" });
  }
  if (successTransition !== undefined) {
    const message = `a metric watcher never succeeds, so "${successTransition}" will never be fired by it; remove it`;
    faults.push({ path: ["success_transition"], message, severity: "warning" });
  }
  return faults;
}

function checkGraphite({ host, port, prefix }: GraphiteProperties): PropertyFault[] {
  const faults = [
    ...refusal(["properties", "graphite_host"], () => parseTemplate(host)),
    ...refusal(["properties", "graphite_port"], () => parseTemplate(port)),
    ...refusal(["properties", "graphite_prefix"], () => parseTemplate(prefix ?? "")),
  ];
  if (faults.length > 0) return faults;
  if ((host === "") !== (port === "")) {
    const [written, missing] =
      host === "" ? ["graphite_port", "graphite_host"] : ["graphite_host", "graphite_port"];
    const message = `without ${missing} nothing is sent to Graphite; write both or none`;
    return [{ path: ["properties", written], message, severity: "warning" }];
  }
  if (port === "" || !parseTemplate(port).constant || isPort(port)) return [];
  const message = `${JSON.stringify(port)} is no port, expected a number from 1 to 65535`;
  return [{ path: ["properties", "graphite_port"], message }];
}
