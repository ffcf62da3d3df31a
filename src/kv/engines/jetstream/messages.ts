/** Messages of a bucket's stream as entries. */
import type { StoredMsg } from "@nats-io/jetstream";
import type { Msg, MsgHdrs } from "nats";
import { StoredEntry } from "../../entry.ts";
import type { BucketConfig, Operation } from "../../store.ts";
import { ownTtlOf } from "./message-ttl.ts";
import type { Subjects } from "./subjects.ts";

export const operationHeader = "KV-Operation";
export const rollupHeader = "Nats-Rollup";
export const expectedHeader = "Nats-Expected-Last-Subject-Sequence";

/** Where a delivered message stands, as its reply subject tells. */
export interface Delivered {
  /** The revision. */
  readonly revision: number;
  /** Counts what the consumer has sent, from 1. */
  readonly delivery: number;
  /** Milliseconds since 1970. */
  readonly created: number;
  /** Messages that the consumer has still to send. */
  readonly pending: number;
}

/** `$JS.ACK.[domain.account.]stream.consumer.times.revision.delivery.nanoseconds.pending[.random]` */
export function deliveredOf(message: Msg): Delivered | undefined {
  const tokens = message.reply?.split(".") ?? [];
  if (tokens[0] !== "$JS" || tokens[1] !== "ACK" || tokens.length < 9) return undefined;
  const [revision, delivery, time = "", pending] = tokens.slice(tokens.length === 9 ? 5 : 7);
  // Nanoseconds do not fit into a number.
  const created = Number(time.slice(0, -6));
  return { revision: Number(revision), delivery: Number(delivery), created, pending: Number(pending) };
}

/** The bucket of a message. */
interface Of {
  readonly name: string;
  readonly config: BucketConfig;
  readonly subjects: Subjects;
}

export function entryOfDelivered(
  { name: bucket, config, subjects }: Of,
  message: Msg,
  place: Delivered,
  metaOnly: boolean,
): StoredEntry {
  const size = message.headers?.get("Nats-Msg-Size");
  const value = metaOnly ? new Uint8Array(0) : new Uint8Array(message.data);
  return new StoredEntry({
    bucket,
    key: subjects.keyIn(message.subject),
    value,
    revision: place.revision,
    created: place.created,
    operation: operationOf(message.headers),
    length: size ? Number(size) : message.data.length,
    ttlMs: ownTtlOf(config, message.headers),
  });
}

export function entryOfStored({ name: bucket, config, subjects }: Of, message: StoredMsg): StoredEntry {
  return new StoredEntry({
    bucket,
    key: subjects.keyIn(message.subject),
    value: new Uint8Array(message.data),
    revision: message.seq,
    created: message.time.getTime(),
    operation: operationOf(message.header),
    length: message.data.length,
    ttlMs: ownTtlOf(config, message.header),
  });
}

function operationOf(headers: MsgHdrs | undefined): Operation {
  const operation = headers?.get(operationHeader);
  if (operation === "DEL" || operation === "PURGE") return operation;
  switch (headers?.get("Nats-Marker-Reason")) {
    case "MaxAge":
    case "Purge":
      return "PURGE";
    case "Remove":
      return "DEL";
    default:
      return "PUT";
  }
}
