/** Where a registration goes and what it says, as readers of Choria's registrations expect it. Pure. */
import {
  refuseReservedBucket,
  validateBucketName,
  validateKey,
  validateSubject,
} from "../../src/kv/names.ts";
import type { Registration } from "./properties.ts";

/** A key of a bucket, or only a subject. `subject` is what a listener on NATS sees of either. */
export interface Place {
  readonly subject: string;
  readonly kept: { readonly bucket: string; readonly key: string } | undefined;
}

const keptStart = "$KV.";

export function placeOf(registration: Registration, instance: string): Place {
  const { prefix, cluster, protocol, service } = registration;
  const subject = [prefix, cluster, protocol, service, instance].join(".");
  if (!prefix.startsWith(keptStart)) return { subject, kept: undefined };
  const [bucket = "", ...key] = subject.slice(keptStart.length).split(".");
  return { subject, kept: { bucket, key: key.join(".") } };
}

/** @throws INVALID_BUCKET, INVALID_KEY, INVALID_ARGUMENT */
export function validatePlace({ subject, kept }: Place): void {
  if (!kept) {
    validateSubject(subject);
    return;
  }
  validateBucketName(kept.bucket);
  refuseReservedBucket(kept.bucket);
  validateKey(kept.key);
}

/** JSON. */
export function payloadOf({ ip, annotations, ...registration }: Registration): string {
  const { cluster, service, protocol, port, priority } = registration;
  const more = Object.keys(annotations).length > 0 ? { annotations } : {};
  return JSON.stringify({ cluster, service, protocol, address: ip, port, priority, ...more });
}
