/**
 * One directory in this process, whatever the number of stores that use it: the environment, the one queue of writes, the
 * one follower of the logs. shared-engines.ts sees to it that there is one.
 */
import type { Clock } from "../../../lib/clock.ts";
import { MachinistError, messageOf } from "../../../lib/errors.ts";
import type { Logger } from "../../../lib/logger.ts";
import type { Batch } from "./batch.ts";
import { checkDataFile } from "./directory.ts";
import { Doorbell } from "./doorbell.ts";
import { sweepTrims } from "./editing.ts";
import { Environment } from "./environment.ts";
import { Expiry } from "./expiry.ts";
import { damagedStore, storeFailure, writeFailure } from "./failures.ts";
import { addChecksums } from "./integrity/migration.ts";
import { allDestroyed, allTrims, firstCheckedLayout, layoutVersion, metaKey } from "./layout.ts";
import { decodeMeta, encodeMeta } from "./records.ts";
import { sweepDestroyed } from "./registry.ts";
import { Tailer } from "./tailer.ts";
import { WriteHealth } from "./write-health.ts";
import { WriteQueue } from "./write-queue.ts";

export interface EngineOptions {
  readonly clock: Clock;
  readonly log: Logger;
}

export class Engine {
  readonly place: string;
  readonly environment: Environment;
  readonly writes: WriteQueue;
  readonly tailer: Tailer;
  readonly expiry: Expiry;
  readonly health: WriteHealth;
  readonly #doorbell: Doorbell;
  readonly #log: Logger;
  #closing = false;
  #sweeping: Promise<void> = Promise.resolve();

  private constructor(place: string, environment: Environment, options: EngineOptions) {
    const { clock, log } = options;
    this.place = place;
    this.environment = environment;
    this.#log = log;
    this.#doorbell = new Doorbell(place, log);
    this.health = new WriteHealth({ place, log, clock, probe: () => this.#probe() });
    this.writes = new WriteQueue({
      environment,
      place,
      now: () => clock.now(),
      committed: (batch) => this.#committed(batch),
      failed: (failure) => this.health.failed(failure),
    });
    this.tailer = new Tailer({ doorbell: this.#doorbell, clock, committing: () => this.writes.busy });
    this.expiry = new Expiry({ clock, log, environment, writes: this.writes, tailer: this.tailer });
  }

  /** @throws STORE_DAMAGED, UNSUPPORTED (written by a newer machinist), FAILED (may not be used) */
  static async open(place: string, options: EngineOptions): Promise<Engine> {
    checkDataFile(place);
    const environment = environmentIn(place);
    try {
      await checkLayout(environment, place);
      const engine = new Engine(place, environment, options);
      // A process may have ended while it removed what a destroyed bucket had left, or what is beyond a lower history.
      void engine.sweep();
      return engine;
    } catch (error) {
      await environment.close();
      throw storeFailure(error, place);
    }
  }

  /** Removes what destroyed buckets have left and what is beyond a lower history. @returns when that is done, or failed */
  sweep(): Promise<void> {
    this.#sweeping = this.#sweeping.then(() => this.#sweepAll());
    return this.#sweeping;
  }

  /** Lets finish what was submitted. */
  async close(): Promise<void> {
    this.#closing = true;
    this.expiry.close();
    await this.writes.close();
    await this.#sweeping;
    this.#doorbell.close();
    await this.environment.close();
  }

  #committed(batch: Batch): void {
    this.tailer.committed(batch);
    if (!batch.hasWritten) return;
    this.health.succeeded();
    this.#doorbell.ring();
  }

  #probe(): void {
    try {
      this.environment.probe();
    } catch (error) {
      throw writeFailure(error, this.place);
    }
  }

  /** Looks before it asks for the write lock: who only reads never waits for it. */
  #needsSweep(): boolean {
    const records = this.environment.fresh();
    return [allTrims, allDestroyed].some((range) => records.scan(range, 1).records.length > 0);
  }

  async #sweepAll(): Promise<void> {
    try {
      while (!this.#closing && this.#needsSweep()) {
        if (!(await this.writes.submitBackground((batch) => sweepTrims(batch) || sweepDestroyed(batch))))
          return;
      }
    } catch (error) {
      if (this.#closing) return;
      this.#log.warn("cleanup of deleted entries failed; it runs again at the next start", {
        store: this.place,
        error: messageOf(error),
      });
    }
  }
}

function environmentIn(place: string): Environment {
  try {
    return new Environment(place);
  } catch (error) {
    throw storeFailure(error, place);
  }
}

async function checkLayout(environment: Environment, place: string): Promise<void> {
  const bytes = environment.freshRaw().get(metaKey);
  if (!bytes) return makeLayout(environment, place);
  const meta = decodeMeta(bytes);
  if (!meta) throw damagedStore(place, "its first record is unreadable");
  if (meta.layout < firstCheckedLayout) return addChecksums(environment);
  if (meta.layout <= layoutVersion) return;
  throw new MachinistError(
    "UNSUPPORTED",
    `the store in ${place} was written by a newer machinist (layout ${meta.layout}, this one knows ${layoutVersion}): ` +
      "use that version, or another directory",
    { details: { place, layout: meta.layout } },
  );
}

async function makeLayout(environment: Environment, place: string): Promise<void> {
  await environment.writeRaw((raw, records) => {
    // Another process may have been faster.
    if (raw.get(metaKey)) return;
    if (records.keys({ start: Buffer.from([0]), end: Buffer.from([255]) }, 1).length > 0)
      throw damagedStore(place, "it is an LMDB file, but not of machinist");
    records.put(metaKey, encodeMeta({ layout: layoutVersion, nextBucketId: 1 }));
  });
}
