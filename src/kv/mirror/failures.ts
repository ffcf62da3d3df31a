/** How a mirror fails, in words. */
import { MachinistError } from "../../lib/errors.ts";

export function mirrorClosed(bucket: string): MachinistError {
  return new MachinistError("STOPPED", `the mirror of bucket ${bucket} is closed: open another`, {
    details: { bucket },
  });
}

export function tooManyKeys(bucket: string, maxEntries: number): MachinistError {
  return new MachinistError(
    "FAILED",
    `bucket ${bucket} has more keys than the ${maxEntries} that its mirror may hold: raise maxEntries, or mirror ` +
      "fewer keys with a filter",
    { details: { bucket, maxEntries } },
  );
}

/** @param mirror as it is when the time is over */
export function seenTooLate(
  mirror: { readonly bucket: string; readonly revision: number },
  expected: number,
  timeoutMs: number,
): MachinistError {
  const { bucket, revision } = mirror;
  return new MachinistError(
    "TIMEOUT",
    `the mirror of bucket ${bucket} is at revision ${revision} after ${timeoutMs} ms, expected ${expected}: see that ` +
      "it is a revision of this bucket, and that the store can be reached",
    { details: { bucket, found: revision, expected } },
  );
}
