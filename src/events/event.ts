/** What machinist emits: CloudEvents 1.0 in their JSON form, with Choria's types and payloads (choria_util, protocol v1). */
import { randomUUID } from "node:crypto";
import type { Json } from "../lib/json.ts";

/** CloudEvents 1.0, structured JSON mode. */
export interface CloudEvent<Data = Readonly<Record<string, Json>>> {
  readonly specversion: "1.0";
  readonly id: string;
  /** Who speaks: a machine, or the host on behalf of one. */
  readonly source: "io.choria.machine" | "io.choria.lifecycle";
  /** The protocol of the payload. */
  readonly type: string;
  /** Identity of the host. */
  readonly subject: string;
  readonly time: string;
  readonly datacontenttype: "application/json";
  /** Extension attribute of transitions, pauses and their ends: who wanted it, as in the machine's history. */
  readonly firedby?: string;
  readonly data: Data;
}

export const transitionType = "io.choria.machine.v1.transition";

/** Payload of a transition: exactly these fields. `timestamp` in whole seconds; `id` of the machine's record. */
export interface TransitionPayload {
  readonly protocol: typeof transitionType;
  readonly identity: string;
  readonly id: string;
  readonly version: string;
  readonly timestamp: number;
  readonly machine: string;
  readonly transition: string;
  readonly from_state: string;
  readonly to_state: string;
}

/** Payload of a watcher's announcement; the type adds fields of its own. */
export interface WatcherPayload {
  readonly protocol: string;
  readonly identity: string;
  readonly id: string;
  readonly version: string;
  readonly timestamp: number;
  readonly type: string;
  readonly machine: string;
  /** Name of the watcher. */
  readonly name: string;
  readonly [field: string]: Json;
}

export const restoredType = "io.machinist.machine.v1.restored";

/** Another process changed the machine's record, and the machine wrote its own back. `state`: that of the machine. */
export interface RestoredPayload {
  readonly protocol: typeof restoredType;
  readonly identity: string;
  readonly id: string;
  readonly version: string;
  readonly timestamp: number;
  readonly machine: string;
  readonly state: string;
}

export const pausedType = "io.machinist.machine.v1.paused";
export const resumedType = "io.machinist.machine.v1.resumed";

/** The machine's watchers rest from now on, or look again. */
export interface PausePayload {
  readonly protocol: typeof pausedType | typeof resumedType;
  readonly identity: string;
  readonly id: string;
  readonly version: string;
  readonly timestamp: number;
  readonly machine: string;
  readonly state: string;
}

export const gossipType = "io.choria.machine.v1.gossip";

/** Payload of a message that a watcher says to whoever listens. */
export interface GossipPayload {
  readonly protocol: typeof gossipType;
  readonly identity: string;
  readonly id: string;
  readonly version: string;
  readonly timestamp: number;
  readonly machine: string;
  /** Name of the watcher. */
  readonly name: string;
  /** Where it is said. */
  readonly subject: string;
  /** What is said. */
  readonly payload: string;
}

export const governorType = "io.choria.lifecycle.v1.governor";

/** In Choria's words: a slot was taken, was left, or could not be had in time. */
export type GovernorEventType = "enter" | "exit" | "timeouts";

/** Payload of what happens at a governor: exactly these fields. `id` of the event; `component`: the machine. */
export interface GovernorPayload {
  readonly protocol: typeof governorType;
  readonly id: string;
  readonly identity: string;
  readonly component: string;
  readonly timestamp: number;
  readonly governor: string;
  /** Tells one taking of a slot from all others: higher than those of the slot before it; 0 when there was none. */
  readonly sequence: number;
  readonly event_type: GovernorEventType;
}

/** What every payload says of its machine. */
export interface EventSubject {
  readonly identity: string;
  readonly id: string;
  readonly version: string;
  readonly machine: string;
}

export function transitionEvent(
  subject: EventSubject,
  move: {
    readonly transition: string;
    readonly from: string;
    readonly to: string;
    readonly by: string;
    readonly atMs: number;
  },
): CloudEvent<TransitionPayload> {
  const payload: TransitionPayload = {
    protocol: transitionType,
    identity: subject.identity,
    id: subject.id,
    version: subject.version,
    timestamp: Math.floor(move.atMs / 1000),
    machine: subject.machine,
    transition: move.transition,
    from_state: move.from,
    to_state: move.to,
  };
  return { ...envelope(transitionType, move.atMs, payload), firedby: move.by };
}

export function pauseEvent(
  subject: EventSubject,
  happened: { readonly isPaused: boolean; readonly state: string; readonly by: string },
  atMs: number,
): CloudEvent<PausePayload> {
  const protocol = happened.isPaused ? pausedType : resumedType;
  const payload: PausePayload = {
    protocol,
    identity: subject.identity,
    id: subject.id,
    version: subject.version,
    timestamp: Math.floor(atMs / 1000),
    machine: subject.machine,
    state: happened.state,
  };
  return { ...envelope(protocol, atMs, payload), firedby: happened.by };
}

export function restoredEvent(
  subject: EventSubject,
  state: string,
  atMs: number,
): CloudEvent<RestoredPayload> {
  return envelope(restoredType, atMs, {
    protocol: restoredType,
    identity: subject.identity,
    id: subject.id,
    version: subject.version,
    timestamp: Math.floor(atMs / 1000),
    machine: subject.machine,
    state,
  });
}

export function watcherEvent(
  subject: EventSubject,
  watcher: { readonly name: string; readonly type: string; readonly detail: Readonly<Record<string, Json>> },
  atMs: number,
): CloudEvent<WatcherPayload> {
  const protocol = `io.choria.machine.watcher.${watcher.type}.v1.state`;
  return envelope(protocol, atMs, {
    ...watcher.detail,
    protocol,
    identity: subject.identity,
    id: subject.id,
    version: subject.version,
    timestamp: Math.floor(atMs / 1000),
    type: watcher.type,
    machine: subject.machine,
    name: watcher.name,
  });
}

export function gossipEvent(
  subject: EventSubject,
  gossip: { readonly name: string; readonly subject: string; readonly payload: string },
  atMs: number,
): CloudEvent<GossipPayload> {
  return envelope(gossipType, atMs, {
    protocol: gossipType,
    identity: subject.identity,
    id: subject.id,
    version: subject.version,
    timestamp: Math.floor(atMs / 1000),
    machine: subject.machine,
    name: gossip.name,
    subject: gossip.subject,
    payload: gossip.payload,
  });
}

export function governorEvent(
  happened: Pick<GovernorPayload, "identity" | "component" | "governor" | "sequence" | "event_type">,
  atMs: number,
): CloudEvent<GovernorPayload> {
  const { identity, component, governor, sequence, event_type } = happened;
  const id = randomUUID();
  const data: GovernorPayload = {
    protocol: governorType,
    id,
    identity,
    component,
    timestamp: Math.floor(atMs / 1000),
    governor,
    sequence,
    event_type,
  };
  return { ...envelope(governorType, atMs, data), id, source: "io.choria.lifecycle" };
}

function envelope<Data extends { readonly protocol: string; readonly identity: string }>(
  type: string,
  atMs: number,
  data: Data,
): CloudEvent<Data> {
  return {
    specversion: "1.0",
    id: randomUUID(),
    source: "io.choria.machine",
    type,
    subject: data.identity,
    time: new Date(atMs).toISOString(),
    datacontenttype: "application/json",
    data,
  };
}
