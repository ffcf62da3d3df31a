/** What the NATS client and server throw, as failures of ours. Nothing of theirs reaches a user. */
import { JetStreamApiError } from "@nats-io/jetstream";
import { errors } from "nats";
import { type ErrorCode, MachinistError, messageOf } from "../../../lib/errors.ts";
import { bucketNotFound, storeClosed } from "../../failures.ts";
import type { BucketOrigin } from "../../store.ts";
import { ConnectionLost } from "./in-flight.ts";

/** Error codes of the JetStream API that mean something to this engine. */
export const apiCodes = {
  /** No leader: of JetStream itself, or of the stream. */
  unavailable: 10008,
  noMessage: 10037,
  streamStoreFailed: 10049,
  streamNameInUse: 10058,
  streamNotFound: 10059,
  wrongLastSequence: 10071,
  wrongLastSequenceUnknown: 10164,
} as const;

const codes = new Map<number, ErrorCode>([
  // No leader and no quorum: nothing was done.
  [10008, "TIMEOUT"],
  [10002, "STORE_FULL"],
  [10023, "STORE_FULL"],
  [10026, "STORE_FULL"],
  [10027, "STORE_FULL"],
  [10028, "STORE_FULL"],
  [10047, "STORE_FULL"],
  [10052, "INVALID_CONFIG"],
  [10054, "VALUE_TOO_LARGE"],
  [10074, "UNSUPPORTED"],
  [10077, "BUCKET_FULL"],
  [10165, "TTL_INVALID"],
  [10166, "TTL_UNSUPPORTED"],
]);

/** The JetStream API's own code of what was thrown, if it has one. */
export function apiCodeOf(thrown: unknown): number | undefined {
  return thrown instanceof JetStreamApiError ? thrown.code : undefined;
}

/** Nobody listens where the request went: JetStream is away, or for a write also the bucket. */
export function isNobodyThere(thrown: unknown): boolean {
  if (thrown instanceof errors.RequestError) return thrown.isNoResponders();
  return thrown instanceof Error && isWithoutJetStream(thrown) && isNobodyThere(thrown.cause);
}

/** The server, or the user's account, has no JetStream. */
export function isWithoutJetStream(thrown: unknown): boolean {
  return thrown instanceof Error && thrown.name === "JetStreamNotEnabled";
}

export function withoutJetStream(server: string, version: string, cause: unknown): MachinistError {
  return new MachinistError(
    "UNSUPPORTED",
    `the NATS server ${server} (version ${version}) has no JetStream for this user: start it with -js, or enable it for the account`,
    { cause },
  );
}

/**
 * @param what what was tried, for the message: "put key a into bucket B"
 * @param bucket whose stream the request was about
 */
export function failure(thrown: unknown, what: string, bucket?: string): Error {
  if (thrown instanceof MachinistError) return thrown;
  const code = apiCodeOf(thrown);
  if (code === apiCodes.streamNotFound && bucket !== undefined) return bucketNotFound(bucket);
  const details = bucket === undefined ? {} : { bucket };
  if (isClosed(thrown)) return storeClosed();
  const [kind, text] = meaningOf(thrown);
  return new MachinistError(kind, `${what}: ${text}`, { cause: thrown, details });
}

/** Of a bucket that has no subjects, so that no message reaches it. */
export function readOnly(bucket: string, sources: readonly BucketOrigin[] = []): MachinistError {
  const names = sources.map((source) => source.bucket).join(", ");
  return new MachinistError(
    "UNSUPPORTED",
    `bucket ${bucket} is read-only: it has no subjects of its own and takes its entries from ${names}. Write there instead`,
    { details: { bucket } },
  );
}

function isClosed(thrown: unknown): boolean {
  return thrown instanceof errors.ClosedConnectionError || thrown instanceof errors.DrainingConnectionError;
}

/** What the server said about the user's permissions; a request wraps it. */
export function refusalIn(thrown: unknown): Error | undefined {
  if (thrown instanceof errors.PermissionViolationError || thrown instanceof errors.AuthorizationError) {
    return thrown;
  }
  return thrown instanceof errors.RequestError ? refusalIn(thrown.cause) : undefined;
}

function meaningOf(thrown: unknown): [ErrorCode, string] {
  const code = apiCodeOf(thrown);
  if (code !== undefined) {
    return [codes.get(code) ?? "FAILED", `NATS refuses it with "${messageOf(thrown)}" (${code})`];
  }
  if (thrown instanceof errors.TimeoutError) {
    return ["TIMEOUT", "NATS did not answer in time; whether it was done is not known"];
  }
  if (thrown instanceof ConnectionLost) {
    return [
      "TIMEOUT",
      "the connection to NATS was lost before the answer came; whether it was done is not known: " +
        "look before you do it again, or write with an expected revision, which happens once at most",
    ];
  }
  if (isNobodyThere(thrown) || isWithoutJetStream(thrown)) {
    return [
      "TIMEOUT",
      "JetStream does not answer, nothing was done: it is not enabled (nats-server -js) or has no leader now. " +
        "Run `machinist doctor` to see what is missing",
    ];
  }
  if (thrown instanceof errors.InvalidArgumentError && /max_payload/.test(thrown.message)) {
    return ["VALUE_TOO_LARGE", "the value is larger than this NATS server takes (its max_payload)"];
  }
  const refusal = refusalIn(thrown);
  if (refusal) return ["FAILED", `the NATS user may not do this: ${messageOf(refusal)}`];
  return ["FAILED", messageOf(thrown)];
}
