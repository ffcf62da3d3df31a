/** What a backup says about itself, and the places that it holds. */
import { MachinistError } from "../lib/errors.ts";
import { isJsonObject } from "../lib/json.ts";

const format = "machinist-backup";
const version = 1;
export const manifestName = "manifest.json";

/** Where a host keeps what a backup holds. */
export interface Places {
  /** Absolute. */
  readonly dataDirectory: string;
  /** The daemon's own store: `lmdb:DIR`. */
  readonly stateUrl: string;
  /** The users' store: `lmdb:DIR`, or on a server, which a backup does not hold. */
  readonly storeUrl: string;
}

/** Directories of the data directory that are in a backup only when asked for. */
export const optionalParts = ["logs", "work"] as const;
export type OptionalPart = (typeof optionalParts)[number];

export interface Manifest {
  /** Version of machinist that wrote it. */
  readonly machinist: string;
  /** ISO 8601. */
  readonly created: string;
  readonly host: string;
  /** False: the users' buckets are on a server. */
  readonly hasStore: boolean;
  readonly parts: readonly OptionalPart[];
}

export function manifestText(manifest: Manifest): string {
  return `${JSON.stringify({ format, version, ...manifest })}\n`;
}

/** @throws BAD_VALUE, UNSUPPORTED (of a newer machinist) */
export function readManifest(text: string): Manifest {
  const found = parsed(text);
  if (!isJsonObject(found) || found["format"] !== format) throw notABackup();
  if (found["version"] !== version) {
    throw new MachinistError(
      "UNSUPPORTED",
      `the backup has format version ${JSON.stringify(found["version"])}, expected ${version}: restore it with a newer machinist`,
    );
  }
  const { machinist, created, host, hasStore, parts } = found;
  const isComplete =
    typeof machinist === "string" &&
    typeof created === "string" &&
    typeof host === "string" &&
    typeof hasStore === "boolean" &&
    Array.isArray(parts);
  if (!isComplete) throw notABackup();
  return { machinist, created, host, hasStore, parts: optionalParts.filter((part) => parts.includes(part)) };
}

/** Of an embedded store; undefined for one on a server. */
export function directoryOfStore(url: string): string | undefined {
  return url.startsWith("lmdb:") ? url.slice("lmdb:".length) : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function notABackup(): MachinistError {
  return new MachinistError(
    "BAD_VALUE",
    `not a backup: expected ${manifestName} as \`machinist backup\` writes it`,
  );
}
