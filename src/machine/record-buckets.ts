/**
 * The two buckets that hold the records of all machines, and what was last committed to them. Somebody at this host may remove
 * one under the running daemon (`machinist kv --internal rm`): it is created again at once from what the machines know.
 */
import type { Bucket, Store } from "../kv/store.ts";
import { codeOf, messageOf } from "../lib/errors.ts";
import type { Logger } from "../lib/logger.ts";

export const recordBucketName = "machinist-machines";
export const noteBucketName = "machinist-cursors";

export interface Committed {
  /** As JSON. */
  readonly record: object;
  readonly revision: number;
}

export class RecordBuckets {
  readonly #store: Store;
  readonly #log: Logger;
  readonly #committed = new Map<string, Committed>();
  #records: Bucket;
  #notes: Bucket;
  #generation = 0;
  #restoring: Promise<void> | undefined;

  static async open(store: Store, log: Logger): Promise<RecordBuckets> {
    const buckets = new RecordBuckets(store, log, await makeRecords(store), await makeNotes(store));
    void buckets.#follow();
    return buckets;
  }

  private constructor(store: Store, log: Logger, records: Bucket, notes: Bucket) {
    this.#store = store;
    this.#log = log;
    this.#records = records;
    this.#notes = notes;
  }

  get records(): Bucket {
    return this.#records;
  }

  get notes(): Bucket {
    return this.#notes;
  }

  /** Grows when the buckets were created again: revisions of an earlier generation mean nothing. */
  get generation(): number {
    return this.#generation;
  }

  /** What this daemon knows of a machine's record. */
  committed(machine: string): Committed | undefined {
    return this.#committed.get(machine);
  }

  remember(machine: string, committed: Committed): void {
    this.#committed.set(machine, committed);
  }

  /** Runs `work`; when a bucket turns out to be gone, creates the buckets again and repeats it once. */
  async perform<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (codeOf(error) !== "BUCKET_NOT_FOUND") throw error;
      await this.#restore();
      return work();
    }
  }

  #restore(): Promise<void> {
    this.#restoring ??= this.#createAgain().finally(() => {
      this.#restoring = undefined;
    });
    return this.#restoring;
  }

  async #createAgain(): Promise<void> {
    this.#records = await makeRecords(this.#store);
    this.#notes = await makeNotes(this.#store);
    for (const [machine, { record }] of this.#committed)
      this.#committed.set(machine, { record, revision: await createOrFind(this.#records, machine, record) });
    this.#generation += 1;
    this.#log.error(
      "somebody removed a bucket of the daemon's own store; it was created again from the running machines, and their history starts here",
      { machines: this.#committed.size },
    );
    void this.#follow();
  }

  /** Notices at once that the bucket is gone, also while no machine moves. */
  async #follow(): Promise<void> {
    try {
      // Matches no machine's name: only the end of the bucket is of interest.
      for await (const _ of this.#records.watch("no.machine", { updatesOnly: true }));
    } catch (error) {
      if (codeOf(error) === "STORE_CLOSED") return;
      if (codeOf(error) === "BUCKET_NOT_FOUND") await this.#restore().catch((cause) => this.#failed(cause));
      else this.#failed(error);
    }
  }

  #failed(error: unknown): void {
    this.#log.error("cannot watch the daemon's own store", { error: messageOf(error) });
  }
}

function makeRecords(store: Store): Promise<Bucket> {
  return store.createBucket(recordBucketName, {
    history: 64,
    description: "State, data and cursors of each machine",
  });
}

function makeNotes(store: Store): Promise<Bucket> {
  return store.createBucket(noteBucketName, { description: "Cursors of machines between records" });
}

async function createOrFind(bucket: Bucket, machine: string, record: object): Promise<number> {
  try {
    return await bucket.create(machine, JSON.stringify(record));
  } catch (error) {
    if (codeOf(error) !== "KEY_EXISTS") throw error;
    return (await bucket.get(machine))?.revision ?? 0;
  }
}
