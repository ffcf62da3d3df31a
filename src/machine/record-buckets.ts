/**
 * The two buckets that hold the records of all machines, and what this daemon last committed to them. The local user may change or
 * remove them under the running daemon (`machinist kv --internal`). The daemon never takes that over: it writes back what it
 * knows at once, and reports it. While it cannot write, `problemOf` says why, and it tries again.
 */
import type { Bucket, Entry, Store, Watch } from "../kv/store.ts";
import { Backoff } from "../lib/backoff.ts";
import type { Clock } from "../lib/clock.ts";
import { codeOf, MachinistError, messageOf } from "../lib/errors.ts";
import type { Logger } from "../lib/logger.ts";
import { Turns } from "./turns.ts";

export const recordBucketName = "machinist-machines";
export const noteBucketName = "machinist-cursors";

/** The record of a running machine. */
export interface Committed {
  /** As JSON. */
  readonly record: object;
  readonly revision: number;
  /** Called after the record was written back because somebody else had changed it. */
  readonly onRestored: () => void;
}

export interface RecordBucketParts {
  readonly clock: Clock;
  readonly log: Logger;
  /** In [0, 1). */
  readonly random: () => number;
}

/** Stands for all machines; no machine's name. */
const everyMachine = "*";
const longestRetryMs = 5_000;

export class RecordBuckets {
  readonly #store: Store;
  readonly #parts: RecordBucketParts;
  readonly #committed = new Map<string, Committed>();
  readonly #turns = new Turns();
  readonly #backoff = new Backoff(longestRetryMs);
  #records: Bucket;
  #notes: Bucket;
  #following = new AbortController();
  #restoring: Promise<void> | undefined;
  /** Machine → why its record cannot be written. */
  readonly #problems = new Map<string, string>();
  #isRetrying = false;

  static async open(store: Store, parts: RecordBucketParts): Promise<RecordBuckets> {
    const buckets = new RecordBuckets(store, parts, await makeRecords(store), await makeNotes(store));
    buckets.#follow();
    return buckets;
  }

  private constructor(store: Store, parts: RecordBucketParts, records: Bucket, notes: Bucket) {
    this.#store = store;
    this.#parts = parts;
    this.#records = records;
    this.#notes = notes;
  }

  get records(): Bucket {
    return this.#records;
  }

  get notes(): Bucket {
    return this.#notes;
  }

  /** Why a machine's record cannot be written now. */
  problemOf(machine: string): string | undefined {
    return this.#problems.get(everyMachine) ?? this.#problems.get(machine);
  }

  committed(machine: string): Committed | undefined {
    return this.#committed.get(machine);
  }

  remember(machine: string, committed: Committed): void {
    this.#committed.set(machine, committed);
  }

  /** The machine does not run any more: its record may be changed by anyone at this host. */
  forget(machine: string): void {
    this.#committed.delete(machine);
    this.#problems.delete(machine);
  }

  /** Reads; when a bucket turns out to be gone, creates the buckets again and repeats it once. */
  async read<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (codeOf(error) !== "BUCKET_NOT_FOUND") throw error;
      await this.#restoreAll();
      return work();
    }
  }

  /** One write for a machine, after those before it. It is repeated once when somebody else changed or removed its record. */
  async write<T>(machine: string, work: () => Promise<T>): Promise<T> {
    try {
      const done = await this.read(() => this.#turns.take(machine, () => this.#overForeign(machine, work)));
      this.#problems.delete(machine);
      return done;
    } catch (error) {
      this.#failed(machine, error);
      throw error;
    }
  }

  /** @throws STORE_CLOSED with what keeps states from being written now, store errors */
  async check(): Promise<void> {
    await this.read(() => this.#records.status());
    for (const [machine, problem] of this.#problems)
      throw new MachinistError(
        "STORE_CLOSED",
        machine === everyMachine ? problem : `machine ${machine}: ${problem}`,
      );
  }

  async #overForeign<T>(machine: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const isForeign = codeOf(error) === "WRONG_REVISION" || codeOf(error) === "KEY_EXISTS";
      if (!(isForeign && this.#committed.has(machine))) throw error;
      await this.#restore(machine);
      return work();
    }
  }

  /** Writes the record back over what somebody else wrote. Only in the machine's turn. */
  async #restore(machine: string): Promise<void> {
    const foreignRevision = await this.#writeAgain(machine);
    const known = this.#committed.get(machine);
    if (!known) return;
    this.#parts.log.error(
      "another process changed the record of a running machine; the machine wrote its own back",
      { machine, foreignRevision, revision: known.revision },
    );
    known.onRestored();
  }

  /** @returns the revision that stood there before */
  async #writeAgain(machine: string): Promise<number> {
    const known = this.#committed.get(machine);
    if (!known) return 0;
    const expectedRevision = (await this.#records.entry(machine))?.revision ?? 0;
    const text = JSON.stringify(known.record);
    const revision = await this.#records.put(machine, text, { expectedRevision });
    this.#committed.set(machine, { ...known, revision });
    return expectedRevision;
  }

  #restoreAll(): Promise<void> {
    this.#restoring ??= this.#createAgain().finally(() => {
      this.#restoring = undefined;
    });
    return this.#restoring;
  }

  async #createAgain(): Promise<void> {
    this.#records = await makeRecords(this.#store);
    this.#notes = await makeNotes(this.#store);
    this.#parts.log.error(
      "another process removed a bucket of the daemon's own store; the running machines write their records again",
      { machines: this.#committed.size },
    );
    this.#follow();
    for (const machine of this.#committed.keys())
      await this.#turns.take(machine, () => this.#restore(machine));
  }

  /** Notices at once what somebody else does, also while no machine moves. */
  #follow(): void {
    this.#following.abort();
    this.#following = new AbortController();
    const { signal } = this.#following;
    const watch = this.#records.watch(">", { updatesOnly: true, metaOnly: true, signal });
    void this.#read(watch).catch(async (error: unknown) => {
      if (signal.aborted) return;
      if (codeOf(error) !== "BUCKET_NOT_FOUND") return this.#failed(everyMachine, error);
      await this.#restoreAll().catch((cause: unknown) => this.#failed(everyMachine, cause));
    });
  }

  async #read(watch: Watch): Promise<void> {
    for await (const item of watch) if (item.operation !== "READY") this.#saw(item);
  }

  #saw({ key, revision }: Entry): void {
    if (!this.#isForeign(key, revision)) return;
    // In its turn: what this daemon writes may be seen here before the write has returned.
    const restored = this.#turns.take(key, async () => {
      if (this.#isForeign(key, revision)) await this.#restore(key);
    });
    restored.catch((error: unknown) => this.#failed(key, error));
  }

  #isForeign(machine: string, revision: number): boolean {
    return revision > (this.#committed.get(machine)?.revision ?? Number.POSITIVE_INFINITY);
  }

  #failed(machine: string, error: unknown): void {
    const isStopped = codeOf(error) === "STORE_CLOSED";
    if (isStopped || (machine !== everyMachine && !this.#committed.has(machine))) return;
    this.#problems.set(machine, `its state cannot be written: ${messageOf(error)}`);
    if (this.#isRetrying) return;
    this.#isRetrying = true;
    const { clock, random } = this.#parts;
    clock.after(this.#backoff.next(random()), () => void this.#retry(), { background: true });
  }

  async #retry(): Promise<void> {
    this.#isRetrying = false;
    for (const machine of [...this.#problems.keys()]) {
      const work = machine === everyMachine ? this.#restoreAll() : this.#retryOne(machine);
      await work.then(
        () => this.#problems.delete(machine),
        (error: unknown) => this.#failed(machine, error),
      );
    }
    if (this.#problems.size > 0) return;
    this.#backoff.reset();
    this.#parts.log.info("the records of all machines can be written again");
  }

  #retryOne(machine: string): Promise<unknown> {
    return this.read(() => this.#turns.take(machine, () => this.#writeAgain(machine)));
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
