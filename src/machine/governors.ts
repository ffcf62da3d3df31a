/** Governors as semaphores of one bucket of the store: all hosts that share the store share them. */
import { openSemaphore } from "../kv/semaphore.ts";
import type { Store } from "../kv/store.ts";
import type { Clock } from "../lib/clock.ts";
import type { GovernorRequest, Governors } from "../watching/governors.ts";

export const governorBucketName = "machinist-governors";

export function storeGovernors(store: Store, clock: Clock): Governors {
  return {
    async enter({ governor, owner, timeoutMs }: GovernorRequest, signal) {
      const semaphore = await openSemaphore(await store.openBucket(governorBucketName), governor);
      return semaphore.acquire({ owner, waitMs: timeoutMs, signal, clock });
    },
  };
}
