/** Who has the slots of the crew's governor, followed through its bucket by another process than the daemon. */
import type { Semaphore } from "../../../src/kv/semaphore.ts";
import type { Bucket } from "../../../src/kv/store.ts";
import { governor } from "./machines.ts";
import type { Findings } from "./report.ts";

export class GovernorLog {
  readonly #semaphore: Semaphore;
  readonly #watch;
  readonly #following: Promise<void>;
  #most = 0;
  #grants = 0;

  constructor(bucket: Bucket, semaphore: Semaphore) {
    this.#semaphore = semaphore;
    this.#watch = bucket.watch(`${governor.name}.*`, { updatesOnly: true });
    this.#following = this.#follow();
  }

  /** @param sinceMs when the last daemon was started: it gave back what it took, and what a killed one had ends by itself */
  async judge(findings: Findings, sinceMs: number): Promise<void> {
    this.#watch.stop();
    await this.#following;
    const { holders } = await this.#semaphore.status();
    const kept = holders.filter(({ since }) => since.getTime() >= sinceMs);
    findings.expect(kept.length === 0, `${kept.length} slots of the governor were not given back`);
    findings.expect(
      this.#most <= governor.capacity,
      `the governor had ${this.#most} holders for ${governor.capacity} slots`,
    );
    findings.figures["changes of the governor's slots"] = this.#grants;
    findings.figures["most holders at once"] = this.#most;
  }

  async #follow(): Promise<void> {
    for await (const item of this.#watch) {
      if (item.operation !== "PUT") continue;
      this.#grants += 1;
      const { holders } = await this.#semaphore.status();
      this.#most = Math.max(this.#most, holders.length);
    }
  }
}
