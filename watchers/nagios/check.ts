/** Faults of a nagios watcher that its schema cannot tell. Pure. */
import { type PropertyFault, refusal, type WatcherDefinition } from "../../src/definition/shape.ts";
import { parseCommandWords } from "../../src/lib/command-words.ts";
import { didYouMean } from "../../src/lib/did-you-mean.ts";
import { builtinNames, isGoss } from "./builtins.ts";
import type { NagiosProperties } from "./properties.ts";
import { forcedCheckState } from "./status.ts";

type Checked = WatcherDefinition & { readonly properties: NagiosProperties };

export function checkNagios(watcher: Checked): readonly PropertyFault[] {
  const { plugin, builtin } = watcher.properties;
  return [...checkWhat(plugin, builtin), ...checkBuiltin(watcher.properties), ...checkRest(watcher)];
}

function checkWhat(plugin: string | undefined, builtin: string | undefined): PropertyFault[] {
  if (plugin !== undefined && builtin !== undefined) {
    const message = "plugin and builtin exclude each other: one watcher makes one check; remove one";
    return [{ path: ["properties", "builtin"], message }];
  }
  if (plugin !== undefined) {
    return refusal(["properties", "plugin"], () => parseCommandWords(plugin, { overrides: true }));
  }
  if (builtin !== undefined) return [];
  const message = `there is nothing to check: write plugin, a command, or builtin, one of ${builtinNames.join(", ")}`;
  return [{ path: ["properties"], message }];
}

function checkBuiltin({ builtin, hasGossfile, hasLastMessage }: NagiosProperties): PropertyFault[] {
  if (builtin === undefined) return [];
  const path = ["properties", "builtin"];
  if (isGoss(builtin)) {
    if (!hasGossfile) return [{ path, message: "builtin goss needs a gossfile: write its path as gossfile" }];
    const message =
      'machinist does not come with goss, so this check is always UNKNOWN; install goss and write plugin: "goss --gossfile FILE validate --format nagios"';
    return [{ path, message, severity: "warning" }];
  }
  if (builtin === "choria_status" && !hasLastMessage) {
    return [
      { path, message: "builtin choria_status needs last_message; write machinist_status to do without" },
    ];
  }
  if (builtinNames.includes(builtin)) return [];
  const help = didYouMean(builtin, builtinNames) || `; there are ${builtinNames.join(", ")}`;
  return [{ path, message: `there is no builtin check ${JSON.stringify(builtin)}${help}` }];
}

function checkRest({ properties, intervalMs, successTransition, failTransition }: Checked): PropertyFault[] {
  const faults: PropertyFault[] = properties.unchecked.map((name) => ({
    path: ["properties", name],
    message: `${name} is not checked: machinist's status check knows no certificate and no token`,
  }));
  for (const [name, transition] of [
    ["success_transition", successTransition],
    ["fail_transition", failTransition],
  ] as const) {
    const message = `a nagios watcher fires OK, WARNING, CRITICAL or UNKNOWN, never ${name}; remove it`;
    if (transition !== undefined) faults.push({ path: [name], message });
  }
  if (!intervalMs) {
    const message = `without interval it checks only when the machine enters the state ${forcedCheckState}`;
    faults.push({ path: ["name"], message });
  }
  return faults.map((fault) => ({ ...fault, severity: "warning" }));
}
