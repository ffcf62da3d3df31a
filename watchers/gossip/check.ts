/** Faults of a gossip watcher's properties that its schema cannot tell. Pure. */
import { isIP } from "node:net";
import type { PropertyFault, WatcherDefinition } from "../../src/definition/shape.ts";
import { validateSubject } from "../../src/kv/names.ts";
import { formatDuration } from "../../src/lib/duration.ts";
import { messageOf } from "../../src/lib/errors.ts";
import { parseTemplate } from "../../src/lib/template.ts";
import { placeOf, validatePlace } from "./place.ts";
import type { GossipProperties, Registration } from "./properties.ts";

type CheckedWatcher = WatcherDefinition & { readonly properties: GossipProperties };

export const defaultIntervalMs = 15_000;

export function checkGossip(watcher: CheckedWatcher): readonly PropertyFault[] {
  const { properties } = watcher;
  const { registration } = properties;
  return [
    ...(registration ? checkRegistration(registration, properties) : checkMessage(properties)),
    ...checkTtl(watcher),
    ...checkTransitions(watcher),
  ];
}

function checkMessage({ subject, payload }: GossipProperties): PropertyFault[] {
  if (subject === undefined && payload === undefined)
    return [fault([], "there is nothing to say: write a subject and a payload, or a registration")];
  if (subject === undefined)
    return [fault(["payload"], "a payload needs a subject to be said on; write one")];
  if (payload === undefined)
    return [fault(["subject"], "a subject needs a payload to be said there; write one")];
  return [
    ...refusal(["subject"], () => parseTemplate(subject)),
    ...refusal(["payload"], () => parseTemplate(payload)),
    // What a template becomes is only known at a look; a bad result is an error of that look.
    ...(subject.includes("{{") ? [] : refusal(["subject"], () => validateSubject(subject))),
  ];
}

function checkRegistration(registration: Registration, properties: GossipProperties): PropertyFault[] {
  const faults: PropertyFault[] = (["subject", "payload"] as const)
    .filter((name) => properties[name] !== undefined)
    .map((name) => fault([name], `a registration has a ${name} of its own; remove one of the two`));
  const { ip } = registration;
  if (isIP(ip) === 0) {
    const message = `${JSON.stringify(ip)} is no IP address; expected one such as "192.168.1.1" or "2001:db8::1"`;
    faults.push(fault(["registration", "ip"], message));
  }
  // The instance is known when the machine runs, and is always good.
  const refused = refusal(["registration", "prefix"], () => validatePlace(placeOf(registration, "id")));
  return [...faults, ...refused];
}

function checkTtl({ intervalMs = defaultIntervalMs, properties }: CheckedWatcher): PropertyFault[] {
  const { ttlMs, registration } = properties;
  if (ttlMs === undefined) return [];
  const isKept = registration !== undefined && placeOf(registration, "id").kept !== undefined;
  if (!isKept) {
    const message = "only a registration in a bucket ends by itself; ttl_seconds is ignored, remove it";
    return [{ ...fault(["ttl_seconds"], message), severity: "warning" }];
  }
  if (ttlMs > intervalMs) return [];
  const message = `the registration ends after ${formatDuration(ttlMs)}, before it is renewed after ${formatDuration(intervalMs)}; write a longer ttl_seconds, or a shorter interval`;
  return [{ ...fault(["ttl_seconds"], message), severity: "warning" }];
}

function checkTransitions({ successTransition, failTransition }: CheckedWatcher): PropertyFault[] {
  const named = { success_transition: successTransition, fail_transition: failTransition };
  return Object.entries(named).flatMap(([name, transition]) => {
    if (transition === undefined) return [];
    const message = `a gossip watcher fires nothing, so "${transition}" will never be fired; remove it`;
    return [{ path: [name], message, severity: "warning" as const }];
  });
}

function refusal(path: readonly string[], attempt: () => unknown): PropertyFault[] {
  try {
    attempt();
    return [];
  } catch (cause) {
    return [fault(path, messageOf(cause))];
  }
}

function fault(path: readonly string[], message: string): PropertyFault {
  return { path: ["properties", ...path], message };
}
