/** Events on a message server: what the bus carries goes out as CloudEvents, and gossip as it was written. */
import type { Bus, MachineEvent } from "./bus.ts";
import { type CloudEvent, type GossipPayload, gossipType } from "./event.ts";

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

/** `PREFIX.transition`, `PREFIX.watcher.TYPE.state`. */
function structured(event: MachineEvent, prefix: string): OutgoingMessage {
  const words = /^io\.choria\.machine\.(?:v1\.(?<kind>.+)|watcher\.(?<type>.+)\.v1\.state)$/.exec(event.type);
  const { kind, type } = words?.groups ?? {};
  const subject =
    type === undefined ? [prefix, token(kind ?? event.type)] : [prefix, "watcher", token(type), "state"];
  return { subject: subject.join("."), data: encoder.encode(JSON.stringify(event)), headers: contentType };
}

/** A type of a user's own may bear any name, and must stay one token of the subject. */
function token(name: string): string {
  return name.replace(/[^\w-]/g, "_");
}
