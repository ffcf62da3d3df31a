/** Whether a record is one that this engine writes: a wrong one may have a right checksum, as a bug of an earlier version would make it. */
import { kindOf, type RecordKind } from "../layout.ts";
import { isBucketRecord, isHead, isLog, isState, isTrim } from "../records.ts";

/** What the records of a kind look like; the others hold nothing. */
const forms: Partial<Record<RecordKind, (content: Buffer) => boolean>> = {
  head: isHead,
  log: isLog,
  state: isState,
  bucket: isBucketRecord,
  trim: isTrim,
};

export function isWellFormed(recordKey: Buffer, content: Buffer): boolean {
  const kind = kindOf(recordKey);
  return kind === undefined || (forms[kind]?.(content) ?? true);
}
