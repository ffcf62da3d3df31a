/** Revisions of a bucket that were gone before a watcher that handles every revision could read them. */
import type { Logger } from "../lib/logger.ts";

export interface MissedRevisions {
  readonly bucket: string;
  readonly revisions: number;
  /** False: `revisions` is the most it can be, because some of them may belong to keys that the watcher does not follow. */
  readonly isExact: boolean;
}

/** What one watcher missed since its machine was started. */
export class MissedCount {
  #total: MissedRevisions | undefined;

  /** Undefined: nothing. */
  get total(): MissedRevisions | undefined {
    return this.#total;
  }

  add(watcher: string, missed: MissedRevisions | undefined, log: Logger): void {
    if (!missed) return;
    const { revisions, isExact } = this.#total ?? { revisions: 0, isExact: true };
    this.#total = {
      bucket: missed.bucket,
      revisions: revisions + missed.revisions,
      isExact: isExact && missed.isExact,
    };
    log.warn(
      `${missedText(missed)} were gone before the watcher read them: raise the bucket's history, or look more often`,
      { watcher, ...missed },
    );
  }
}

/** `3 revisions of bucket JOBS`, `up to 3 revisions of bucket JOBS` */
export function missedText({ bucket, revisions, isExact }: MissedRevisions): string {
  return `${isExact ? "" : "up to "}${revisions} ${revisions === 1 ? "revision" : "revisions"} of bucket ${bucket}`;
}
