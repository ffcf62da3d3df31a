/** Events on a message server: what the bus carries goes out as CloudEvents, and gossip as it was written. */
import type { Bus, MachineEvent } from "./bus.ts";
import {
  type CloudEvent,
  type GossipPayload,
  type GovernorPayload,
  gossipType,
  governorType,
  pausedType,
  restoredType,
  resumedType,
} from "./event.ts";

/** Who sends messages. */
export interface Outlet {
  /** @throws when it cannot be sent at all */
  publish(message: OutgoingMessage): void;
}

export interface OutgoingMessage {
  readonly subject: string;
  readonly data: Uint8Array;
  readonly headers: ReadonlyMap<string, string>;
}

export interface EventSubjects {
  /** First part of the subjects of events; "" = only gossip goes out, which has subjects of its own. */
  readonly prefix: string;
}

const contentType = new Map([["Content-Type", "application/cloudevents+json"]]);
const bare: OutgoingMessage["headers"] = new Map();
const encoder = new TextEncoder();

/** Sends each event of the bus, once, to whoever listens then. Returns the undo. */
export function publishEvents(bus: Bus, outlet: Outlet, { prefix }: EventSubjects): () => void {
  return bus.subscribe((event) => {
    const message = isGossip(event) ? saidBy(event) : prefix && structured(event, prefix);
    if (message) outlet.publish(message);
  });
}

function isGossip(event: MachineEvent): event is CloudEvent<GossipPayload> {
  return event.type === gossipType;
}

/** Those who listen to gossip expect what its author wrote, and nothing around it. */
function saidBy({ data: { subject, payload } }: CloudEvent<GossipPayload>): OutgoingMessage {
  return { subject, data: encoder.encode(payload), headers: bare };
}

function structured(event: MachineEvent, prefix: string): OutgoingMessage {
  const subject = [prefix, ...kindOf(event).map(token)].join(".");
  return { subject, data: encoder.encode(JSON.stringify(event)), headers: contentType };
}

const ownKinds: ReadonlyMap<string, string> = new Map([
  [restoredType, "restored"],
  [pausedType, "paused"],
  [resumedType, "resumed"],
]);

/** `transition`, `watcher.TYPE.state`, `governor.NAME.WHAT`, `restored`, `paused`, `resumed`. */
function kindOf(event: MachineEvent): readonly string[] {
  if (isGovernor(event)) return ["governor", event.data.governor, event.data.event_type];
  const own = ownKinds.get(event.type);
  if (own !== undefined) return [own];
  const watcher = /^io\.choria\.machine\.watcher\.(.+)\.v1\.state$/.exec(event.type)?.[1];
  return watcher === undefined ? ["transition"] : ["watcher", watcher, "state"];
}

function isGovernor(event: MachineEvent): event is CloudEvent<GovernorPayload> {
  return event.type === governorType;
}

/** Names may have dots and more in them, and must stay one token of the subject. */
function token(name: string): string {
  return name.replace(/[^\w-]/g, "_");
}
