/** The lines of an export file: a header, one line per entry in the order of revisions, and an end that counts and seals. */
import { MachinistError } from "../../lib/errors.ts";
import { isJsonObject, type Json, type JsonObject } from "../../lib/json.ts";
import { configIn } from "../config.ts";
import type { BucketConfig, Entry, Operation } from "../store.ts";

const formatName = "machinist-kv-export";
const formatVersion = 1;

export interface Header {
  readonly bucket: string;
  /** Not checked: the store that is asked to make such a bucket does that. */
  readonly config: JsonObject;
  /** Entries when the export began: for progress only. */
  readonly entries: number;
}

export interface TransferEntry {
  readonly key: string;
  readonly value: Uint8Array;
  readonly operation: Operation;
  /** Milliseconds since 1970. */
  readonly created: number;
  readonly ttlMs?: number;
}

export interface End {
  readonly entries: number;
  /** Of all lines before the end, newlines included, in hexadecimal. */
  readonly sha256: string;
}

/** What is wrong with a line, for a message: found and expected. */
export class LineFault extends Error {}

export function headerLine(status: { readonly bucket: string } & BucketConfig & Counted): string {
  const { bucket, revision, created, values } = status;
  // An import stands for itself: entries that are put into a mirror would go to what it copies.
  const { mirror: _, sources: __, ...config } = configIn(status);
  return line({
    format: formatName,
    version: formatVersion,
    bucket,
    config: { ...config },
    revision,
    created,
    entries: values,
  });
}

interface Counted {
  readonly revision: number;
  readonly created: Date;
  readonly values: number;
}

export function entryLine({ key, value, revision, created, operation, ttlMs }: Entry): string {
  const stored = operation === "PUT" ? storedValue(value) : {};
  return line({ key, ...stored, revision, created, operation, ...(ttlMs === undefined ? {} : { ttlMs }) });
}

export function endLine(end: End & { readonly revision: number }): string {
  return line({ end });
}

/** @throws LineFault; UNSUPPORTED for the format of a newer machinist */
export function parseHeader(text: string): Header {
  const { format, version, bucket, config, entries } = parse(text);
  if (format !== formatName) throw new LineFault(`expected the header of an export ("${formatName}")`);
  if (version !== formatVersion) {
    throw new MachinistError(
      "UNSUPPORTED",
      `the export has format version ${JSON.stringify(version)}, expected ${formatVersion}: import it with a newer machinist`,
    );
  }
  if (typeof bucket !== "string" || !isJsonObject(config) || typeof entries !== "number") {
    throw new LineFault("expected bucket, config and entries in the header");
  }
  return { bucket, config, entries };
}

/** @throws LineFault */
export function parseLine(text: string): TransferEntry | { readonly end: End } {
  const record = parse(text);
  return record["end"] === undefined ? toEntry(record) : { end: toEnd(record["end"]) };
}

function toEntry({ key, value, valueBase64, created, operation, ttlMs }: JsonObject): TransferEntry {
  const time = typeof created === "string" ? Date.parse(created) : Number.NaN;
  if (typeof key !== "string" || Number.isNaN(time) || !isOperation(operation)) {
    throw new LineFault("expected an entry with key, created and operation");
  }
  if (ttlMs !== undefined && typeof ttlMs !== "number") throw new LineFault("expected ttlMs as a number");
  const bytes = operation === "PUT" ? toBytes(value, valueBase64) : new Uint8Array(0);
  return { key, value: bytes, operation, created: time, ...(ttlMs === undefined ? {} : { ttlMs }) };
}

function toEnd(end: Json): End {
  const { entries, sha256 } = isJsonObject(end) ? end : {};
  if (typeof entries === "number" && typeof sha256 === "string") return { entries, sha256 };
  throw new LineFault("expected entries and sha256 in the end");
}

function toBytes(value: Json | undefined, valueBase64: Json | undefined): Uint8Array {
  if (typeof value === "string") return Buffer.from(value, "utf8");
  if (typeof valueBase64 === "string") return Buffer.from(valueBase64, "base64");
  throw new LineFault("expected value or valueBase64");
}

/** As text where the bytes are UTF-8: a person may want to read the file. */
function storedValue(value: Uint8Array): { value: string } | { valueBase64: string } {
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  const text = bytes.toString("utf8");
  return Buffer.from(text, "utf8").equals(bytes)
    ? { value: text }
    : { valueBase64: bytes.toString("base64") };
}

function isOperation(value: Json | undefined): value is Operation {
  return value === "PUT" || value === "DEL" || value === "PURGE";
}

function parse(text: string): JsonObject {
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch {
    throw new LineFault("found something that is no JSON, expected an object");
  }
  if (isJsonObject(found)) return found;
  throw new LineFault("expected a JSON object");
}

function line(record: object): string {
  return `${JSON.stringify(record)}\n`;
}
