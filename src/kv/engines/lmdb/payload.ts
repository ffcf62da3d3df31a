/** How a value becomes the bytes of its log record: copied from the caller, and compressed where the bucket asks for it. */
import { deflateRawSync, inflateRawSync } from "node:zlib";
import type { Value } from "../../store.ts";
import { damagedValue } from "./integrity/damage.ts";
import type { LogRecord } from "./records.ts";

/** Shorter values gain too little for the time that it takes. */
const leastCompressed = 1024;
/** The fastest level: a write waits for the disk anyway, but the event loop must not wait for a write. */
const level = 1;
const lengthBytes = 4;

export interface Payload {
  /** Nobody else's: safe to hand to readers. */
  readonly value: Uint8Array;
  /** With `compressed`: the value's length (4 bytes), then raw deflate. Otherwise the value. */
  readonly stored: Uint8Array;
  readonly compressed: boolean;
}

const empty = new Uint8Array(0);

/** Of a marker. */
export const emptyPayload: Payload = { value: empty, stored: empty, compressed: false };

export function preparePayload(value: Value, compress: boolean): Payload {
  const own = typeof value === "string" ? new TextEncoder().encode(value) : new Uint8Array(value);
  if (!compress || own.length < leastCompressed) return { value: own, stored: own, compressed: false };
  const deflated = deflateRawSync(own, { level });
  // Worth it only when at least an eighth is saved: reading pays for it every time.
  if (deflated.length + lengthBytes > own.length - own.length / 8) {
    return { value: own, stored: own, compressed: false };
  }
  const stored = Buffer.allocUnsafe(lengthBytes + deflated.length);
  stored.writeUInt32BE(own.length);
  stored.set(deflated, lengthBytes);
  return { value: own, stored, compressed: true };
}

/** The value of a stored entry. @throws STORE_DAMAGED */
export function unpacked(record: LogRecord, bucket: string, revision: number): Uint8Array {
  const { key, stored, compressed } = record;
  if (!compressed) return stored;
  const length = unpackedLength(record);
  const at = { bucket, key, revision };
  try {
    const value = inflateRawSync(stored.subarray(lengthBytes), { maxOutputLength: length });
    if (value.length === length) return new Uint8Array(value);
  } catch (cause) {
    throw damagedValue(at, "its value cannot be unpacked", cause);
  }
  throw damagedValue(at, "its value has another length than it was stored with");
}

/** The length of the value of a stored payload, without unpacking it. */
export function unpackedLength({ stored, compressed }: Omit<Payload, "value">): number {
  if (!compressed || stored.length < lengthBytes) return stored.length;
  return new DataView(stored.buffer, stored.byteOffset).getUint32(0);
}
