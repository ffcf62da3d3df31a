/** What a store says of itself to those who look after it. */

export interface StoreFact {
  /** `Server`, `Storage` */
  readonly name: string;
  /** In plain words. */
  readonly text: string;
  /** It is a problem, and the text says what to do. */
  readonly isProblem?: boolean;
  /** It works, and may not be what is wanted. */
  readonly isWarning?: boolean;
}

/** A bucket that machines watch. */
export interface WatchedBucket {
  readonly bucket: string;
  /** `MACHINE/WATCHER` each. */
  readonly watchers: readonly string[];
  /** Those of them that handle every revision. */
  readonly every: readonly string[];
}

/** A warning for each bucket that keeps too little for a watcher that handles every revision. */
export function historyFacts(
  buckets: readonly { readonly bucket: string; readonly history: number }[],
  watched: readonly WatchedBucket[],
): StoreFact[] {
  return watched.flatMap(({ bucket, every }) => {
    const found = buckets.find((one) => one.bucket === bucket);
    if (every.length === 0 || found?.history !== 1) return [];
    const text =
      `keeps 1 entry per key, but ${every.join(", ")} must handle every revision (deliver: every): a key that is written twice ` +
      `before the watcher looks loses one. Raise its history: \`machinist kv edit ${bucket} --history 10\``;
    return [{ name: `Bucket ${bucket}`, text, isWarning: true }];
  });
}
