/** Errors for damaged records. They name the bucket, the key and the revision as far as the record still shows them. */
import { MachinistError, messageOf } from "../../../../lib/errors.ts";
import { partsOf } from "../layout.ts";
import { decodeCurrent, decodeLog } from "../records.ts";

/** Where a damaged record belongs. What is not known is absent. */
export interface DamagedPlace {
  readonly bucket?: string | undefined;
  readonly key?: string | undefined;
  readonly revision?: number | undefined;
}

export interface DamageContext {
  /** The directory of the store. */
  readonly place: string;
  bucketName(id: number): string | undefined;
}

/** The record under a key of LMDB is damaged. `content` is as it was found. */
export function damagedRecord(
  context: DamageContext,
  recordKey: Buffer,
  content: Buffer | undefined,
  found: string,
  cause?: unknown,
): MachinistError {
  const at = placeOf(context, recordKey, content);
  const { place } = context;
  return new MachinistError(
    "STORE_DAMAGED",
    `the store in ${place} is damaged at ${described(at, recordKey)}: ${found}. ` +
      "Other entries are not affected; run `machinist doctor --verify`, then restore this one from a backup",
    { cause, details: JSON.parse(JSON.stringify({ place, ...at })) },
  );
}

/** A record that is as it was written, and yet has no value. */
export function damagedValue(at: Required<DamagedPlace>, found: string, cause?: unknown): MachinistError {
  return new MachinistError(
    "STORE_DAMAGED",
    `the store is damaged at bucket ${at.bucket}, key ${JSON.stringify(at.key)}, revision ${at.revision}: ${found}. ` +
      "Other entries are not affected; restore this one from a backup",
    { cause, details: JSON.parse(JSON.stringify(at)) },
  );
}

/** Maps an error of LMDB or of a decoder, thrown while the record under a key was read. */
export function readFailure(context: DamageContext, recordKey: Buffer, error: unknown): MachinistError {
  if (error instanceof MachinistError) return error;
  return damagedRecord(
    context,
    recordKey,
    undefined,
    `the record is unreadable (${messageOf(error)})`,
    error,
  );
}

function placeOf(
  { bucketName }: DamageContext,
  recordKey: Buffer,
  content: Buffer | undefined,
): DamagedPlace {
  const { id, name, key, revision } = partsOf(recordKey);
  const shown = content && shownBy(content, revision === undefined);
  const bucket = name ?? (id === undefined ? undefined : (bucketName(id) ?? `#${id}`));
  return {
    bucket,
    key: key ?? shown?.key,
    revision: revision ?? (key === undefined ? undefined : shown?.revision),
  };
}

/** What a damaged head or log record says of itself, which may be wrong. */
function shownBy(content: Buffer, isHead: boolean): DamagedPlace {
  try {
    return isHead ? { revision: decodeCurrent(content).revision } : { key: decodeLog(content).key };
  } catch {
    return {};
  }
}

function described({ bucket, key, revision }: DamagedPlace, recordKey: Buffer): string {
  const parts = [
    ...(bucket === undefined ? [] : [`bucket ${bucket}`]),
    ...(key === undefined ? [] : [`key ${JSON.stringify(key)}`]),
    ...(revision === undefined ? [] : [`revision ${revision}`]),
  ];
  return parts.length > 0 ? parts.join(", ") : `record ${recordKey.toString("hex")}`;
}
