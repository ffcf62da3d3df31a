/** Writes to a bucket's stream: one message each, with what the server must check first in its headers. */
import { JetStreamApiError } from "@nats-io/jetstream";
import { headers, type MsgHdrs } from "nats";
import { MachinistError } from "../../../lib/errors.ts";
import { wrongRevision } from "../../failures.ts";
import type { BucketOrigin, Value } from "../../store.ts";
import { untilReceived } from "./connection/no-responders.ts";
import { apiCodeOf, apiCodes, isNobodyThere } from "./failures.ts";
import { answerMs, type Link } from "./link.ts";
import type { LiveBucket } from "./live-bucket.ts";
import { checkTtlServer, ttlHeader, ttlText } from "./message-ttl.ts";
import { expectedHeader, operationHeader, rollupHeader } from "./messages.ts";

export interface WriteRequest {
  readonly key: string;
  readonly operation: "PUT" | "DEL" | "PURGE";
  readonly value: Uint8Array;
  /** Of the key's newest entry; 0: none; undefined: whatever it is. */
  readonly expected?: number | undefined;
  /** As `givenTtl` gave it; undefined: no life of its own. */
  readonly ttlMs?: number | undefined;
}

/** The bytes of a value, which its owner may change afterwards. */
export function bytesOf(value: Value): Uint8Array {
  return typeof value === "string" ? new TextEncoder().encode(value) : Uint8Array.from(value);
}

/** @returns the revision @throws WRONG_REVISION, BUCKET_NOT_FOUND, UNSUPPORTED, VALUE_TOO_LARGE, BUCKET_FULL, TTL_UNSUPPORTED, TIMEOUT */
export function write(link: Link, bucket: LiveBucket, request: WriteRequest): Promise<number> {
  if (!bucket.isTrusted) void bucket.gate.hold(() => bucket.verify()).catch(() => undefined);
  return bucket.gate.write(() => send(link, bucket, request));
}

async function send(link: Link, bucket: LiveBucket, request: WriteRequest): Promise<number> {
  bucket.checkWritable();
  const { key, value, expected } = request;
  try {
    // Not in general: what is sent in the same turn keeps its order.
    if (!link.isConnected) await link.ready();
    if (request.ttlMs !== undefined) checkTtlServer(bucket, link.version);
    const answer = await untilReceived(
      link.clock,
      answerMs,
      () => link.request(bucket.subjects.toWrite(key), value, headersOf(request)),
      // The subject belongs to the bucket's stream, which may be gone.
      () => bucket.look(),
    );
    return revisionIn(answer.json());
  } catch (error) {
    const { mirror } = bucket.config;
    if (mirror && isNobodyThere(error)) throw originAway(bucket.name, mirror);
    const code = apiCodeOf(error);
    const isOther = code === apiCodes.wrongLastSequence || code === apiCodes.wrongLastSequenceUnknown;
    if (isOther && expected !== undefined) throw wrongRevision(bucket, key, expected, actualIn(error));
    throw bucket.failed(error, `writing key ${key} of bucket ${bucket.name}`);
  }
}

function originAway(bucket: string, origin: BucketOrigin): MachinistError {
  return new MachinistError(
    "FAILED",
    `bucket ${bucket} copies ${origin.bucket}, where its writes go: nobody answers there in JetStream domain ${origin.domain}; ` +
      "reading goes on, try again when it is back",
    { details: { bucket, origin: { ...origin } } },
  );
}

/** @throws JetStreamApiError when the answer is a refusal */
function revisionIn(answer: unknown): number {
  if (typeof answer === "object" && answer !== null) {
    if ("seq" in answer && typeof answer.seq === "number" && !("error" in answer && answer.error))
      return answer.seq;
    if ("error" in answer && isApiError(answer.error)) throw new JetStreamApiError(answer.error);
  }
  throw new Error("the answer of NATS is none of JetStream");
}

function isApiError(error: unknown): error is ConstructorParameters<typeof JetStreamApiError>[0] {
  return typeof error === "object" && error !== null && "err_code" in error && "description" in error;
}

/** "wrong last sequence: 7" */
function actualIn(error: unknown): number | undefined {
  const found = error instanceof Error ? /wrong last sequence: (\d+)/.exec(error.message)?.[1] : undefined;
  return found === undefined ? undefined : Number(found);
}

function headersOf({ operation, expected, ttlMs }: WriteRequest): MsgHdrs | undefined {
  if (operation === "PUT" && expected === undefined && ttlMs === undefined) return undefined;
  const all = headers();
  if (expected !== undefined) all.set(expectedHeader, String(expected));
  if (operation !== "PUT") all.set(operationHeader, operation);
  if (ttlMs !== undefined) all.set(ttlHeader, ttlText(ttlMs));
  // The end of a message leaves a marker only when it is the key's only one; else the one before comes back.
  if (operation === "PURGE" || ttlMs !== undefined) all.set(rollupHeader, "sub");
  return all;
}
