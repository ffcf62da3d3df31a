/** The contract of store.ts, case by case, for any engine. The ids are those of the list of cases all engines share. */
import { describe } from "vitest";
import { describeBuckets } from "./buckets.ts";
import { describeConditionalWrites } from "./conditional-writes.ts";
import { describeDeletes } from "./deletes.ts";
import { describeEdits } from "./edit.ts";
import type { EngineUnderTest } from "./harness.ts";
import { describeKeysAndHistory } from "./keys-and-history.ts";
import { describeLimits } from "./limits.ts";
import { describeNames } from "./names.ts";
import { describeOwnTtl } from "./own-ttl.ts";
import { describePersistence } from "./persistence.ts";
import { describePutAndGet } from "./put-and-get.ts";
import { describeTouch } from "./touch.ts";
import { describeTtl } from "./ttl.ts";
import { describeWatches } from "./watches.ts";

export function describeStoreContract(engine: EngineUnderTest): void {
  describe(`the store contract on ${engine.name}`, () => {
    describeNames(engine);
    describeBuckets(engine);
    describePutAndGet(engine);
    describeConditionalWrites(engine);
    describeDeletes(engine);
    describeKeysAndHistory(engine);
    describeWatches(engine);
    describeTtl(engine);
    if (!engine.lacks?.includes("markers")) {
      describeTouch(engine);
      describeOwnTtl(engine);
    }
    describeEdits(engine);
    describeLimits(engine);
    describePersistence(engine);
  });
}
