/** Writes the entries of an import in their order, many at a time. */
import type { Clock } from "../../lib/clock.ts";
import type { Bucket, BucketConfig } from "../store.ts";
import type { TransferEntry } from "./format.ts";

/** What is sent in the same turn arrives in order, on both engines. */
const mostAtOnce = 512;
const mostBytesAtOnce = 4_194_304;
/** The shortest ttl of a key. */
const shortestTtlMs = 1000;

export interface Written {
  readonly entries: number;
  /** Left out, because their life was over. */
  readonly ended: number;
}

export class ImportWriter {
  readonly #bucket: Bucket;
  readonly #config: BucketConfig;
  readonly #clock: Clock;
  #waiting: TransferEntry[] = [];
  #bytes = 0;
  #entries = 0;
  #ended = 0;
  #last = 0;

  constructor(bucket: Bucket, config: BucketConfig, clock: Clock) {
    this.#bucket = bucket;
    this.#config = config;
    this.#clock = clock;
  }

  /** Entries that are written or left out. */
  get done(): number {
    return this.#entries + this.#ended;
  }

  get written(): Written {
    return { entries: this.#entries, ended: this.#ended };
  }

  /** @returns true when entries were written meanwhile */
  async add(entry: TransferEntry): Promise<boolean> {
    const left = this.#lifeLeft(entry);
    if (left <= 0) {
      await this.flush();
      await this.#leaveOut(entry);
    } else if (entry.operation === "PUT" && this.#ownTtl(entry) !== undefined) {
      // A create may take two attempts, and others must not overtake it.
      await this.flush();
      await this.#createEnding(entry);
    } else {
      this.#waiting.push(entry);
      this.#bytes += entry.value.length;
      if (this.#waiting.length < mostAtOnce && this.#bytes < mostBytesAtOnce) return false;
      await this.flush();
    }
    return true;
  }

  /** Writes what is waiting; all attempts have ended when it resolves or rejects. */
  async flush(): Promise<void> {
    const batch = this.#waiting;
    this.#waiting = [];
    this.#bytes = 0;
    const outcomes = await Promise.allSettled(batch.map((entry) => this.#write(entry)));
    for (const outcome of outcomes) {
      if (outcome.status === "rejected") throw outcome.reason;
      this.#count(outcome.value);
    }
  }

  #write({ key, value, operation, ...rest }: TransferEntry): Promise<number> {
    if (operation === "PUT") return this.#bucket.put(key, value);
    if (operation === "DEL") return this.#bucket.delete(key);
    const ttlMs = this.#ownTtl(rest);
    return this.#bucket.purge(key, ttlMs === undefined ? {} : { ttlMs });
  }

  async #createEnding(entry: TransferEntry): Promise<void> {
    const { key, value } = entry;
    const ttlMs = this.#ownTtl(entry) ?? shortestTtlMs;
    // A key that was touched during the export is in it twice; only the later one counts.
    if (await this.#bucket.get(key)) await this.#bucket.delete(key);
    this.#count(await this.#bucket.create(key, value, { ttlMs }));
  }

  /** What ended took along what was there before it. */
  async #leaveOut({ key, ttlMs }: TransferEntry): Promise<void> {
    this.#ended += 1;
    if (ttlMs !== undefined && (await this.#bucket.get(key))) await this.#bucket.delete(key);
  }

  #count(revision: number): void {
    if (revision <= this.#last) throw new Error("writes of an import arrived in another order");
    this.#last = revision;
    this.#entries += 1;
  }

  /** What is left of its own ttl, as far as the bucket can have it. */
  #ownTtl(entry: Pick<TransferEntry, "created" | "ttlMs">): number | undefined {
    const { history, markerTtlMs } = this.#config;
    if (entry.ttlMs === undefined || markerTtlMs === 0) return undefined;
    return Math.max(
      entry.created + entry.ttlMs - this.#clock.now(),
      shortestTtlMs,
      history > 1 ? markerTtlMs : 0,
    );
  }

  #lifeLeft({ created, ttlMs }: TransferEntry): number {
    const ofBucket = this.#config.ttlMs === 0 ? Number.POSITIVE_INFINITY : this.#config.ttlMs;
    return created + Math.min(ttlMs ?? Number.POSITIVE_INFINITY, ofBucket) - this.#clock.now();
  }
}
