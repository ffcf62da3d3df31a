/**
 * The mark of a bucket whose import is not complete. It is the bucket's description, which every engine and NATS version stores
 * and every tool shows; the description from the export takes its place when all entries are written.
 */
import { randomBytes } from "node:crypto";
import { MachinistError } from "../../lib/errors.ts";
import type { StoreFact } from "../inspection.ts";
import type { BucketConfig } from "../store.ts";

const markPattern = /^machinist import [0-9a-f]{8}, started (\S+), is not complete$/;

/** Different for each import, so that two imports into one bucket exclude each other. */
export function importMark(nowMs: number): string {
  const id = randomBytes(4).toString("hex");
  return `machinist import ${id}, started ${new Date(nowMs).toISOString()}, is not complete`;
}

/** When the import into this bucket started, ISO 8601; undefined when the bucket is complete. */
export function importStartOf({ description }: Pick<BucketConfig, "description">): string | undefined {
  return markPattern.exec(description)?.[1];
}

/** What to do about the bucket, for messages. */
export function importAdvice(bucket: string): string {
  return (
    `unless that import still runs, remove the bucket (\`machinist kv rm ${bucket}\`) and import again, or keep what is in it ` +
    `(\`machinist kv edit ${bucket} --description TEXT\` removes the mark)`
  );
}

/** @throws BUCKET_EXISTS for a bucket whose import is not complete */
export function checkComplete(bucket: string, config: Pick<BucketConfig, "description">): void {
  const start = importStartOf(config);
  if (start === undefined) return;
  throw new MachinistError(
    "BUCKET_EXISTS",
    `bucket ${bucket} is incomplete: found an import that started at ${start} and has not ended; expected a complete bucket. ` +
      `What to do: ${importAdvice(bucket)}`,
    { details: { bucket, importStarted: start } },
  );
}

/** A problem for each bucket whose import is not complete. */
export function importFacts(buckets: readonly (BucketConfig & { readonly bucket: string })[]): StoreFact[] {
  return buckets.flatMap((status) => {
    const start = importStartOf(status);
    if (start === undefined) return [];
    const text = `incomplete: an import started at ${start} and has not ended; ${importAdvice(status.bucket)}`;
    return [{ name: `Bucket ${status.bucket}`, text, isProblem: true }];
  });
}
