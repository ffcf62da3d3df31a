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
  describeBesidesLives(engine);
  describeLives(engine);
}

/** All cases of the contract but those of `describeLives`. */
export function describeBesidesLives(engine: EngineUnderTest): void {
  describe(`the store contract on ${engine.name}`, () => {
    describeNames(engine);
    describeBuckets(engine);
    describePutAndGet(engine);
    describeConditionalWrites(engine);
    describeDeletes(engine);
    describeKeysAndHistory(engine);
    describeWatches(engine);
    describeEdits(engine);
    describeLimits(engine);
    describePersistence(engine);
  });
}

/** The cases in which entries end: on an engine of real time they wait for it. */
export function describeLives(engine: EngineUnderTest): void {
  describe(`lives in the store contract on ${engine.name}`, () => {
    describeTtl(engine);
    if (engine.lacks?.includes("markers")) return;
    describeTouch(engine);
    describeOwnTtl(engine);
  });
}
