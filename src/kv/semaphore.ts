/**
 * A semaphore in a bucket: so many holders at a time, over processes and hosts. What Choria calls a governor.
 *
 * Its settings stand under its name, the leases of its holders under `NAME.1` to `NAME.<capacity>`: a slot has one holder because
 * a lease has, and one that dies leaves its slot as it would a lock.
 */
import { systemClock } from "../lib/clock.ts";
import { MachinistError } from "../lib/errors.ts";
import { isJsonObject, jsonEqual } from "../lib/json.ts";
import { type ClaimOptions, claim, tryTake, untilAnswered } from "./lease/claim.ts";
import { checkTtl, claimOn, type LeaseOptions, usualLeaseMs, withLimit } from "./lease/claim-options.ts";
import type { Lease } from "./lease/lease.ts";
import { holderIn, type LeaseHolder } from "./lease/lease-record.ts";
import type { LeaseView } from "./lease/lease-view.ts";
import type { Bucket, Entry } from "./store.ts";

export interface SemaphoreSettings {
  /** Holders at a time: 1 to 1000. */
  readonly capacity: number;
  /** How long a slot outlives a holder that has vanished, in ms from 1000; default 30 s. */
  readonly ttlMs: number;
}

export interface SemaphoreStatus extends SemaphoreSettings {
  readonly name: string;
  /** In the order of their slots. */
  readonly holders: readonly LeaseHolder[];
}

export interface Semaphore {
  readonly name: string;
  /**
   * Waits for a free slot, and takes it; as `acquireLock`.
   * @throws TIMEOUT (`waitMs` is over), the signal's reason, KEY_NOT_FOUND (the semaphore was removed)
   * @example
   * const builds = await createSemaphore(leases, "builds", { capacity: 2 });
   * await using slot = await builds.acquire({ owner: "host1" });
   * slot.isHeld; // => true
   */
  acquire(options?: Omit<LeaseOptions, "ttlMs">): Promise<Lease>;
  /**
   * Takes a slot when one is free, and does not wait; as `tryLock`.
   * @returns null when all are taken
   * @example
   * const builds = await createSemaphore(leases, "builds", { capacity: 1 });
   * await using slot = await builds.tryAcquire();
   * await builds.tryAcquire(); // => null
   */
  tryAcquire(options?: Omit<LeaseOptions, "ttlMs" | "waitMs">): Promise<Lease | null>;
  /**
   * Settings and holders.
   * @throws KEY_NOT_FOUND
   * @example
   * const builds = await createSemaphore(leases, "builds", { capacity: 2 });
   * (await builds.status()).holders.length; // => 0
   */
  status(): Promise<SemaphoreStatus>;
  /**
   * Changes the capacity, also for those who wait. Who has a slot beyond a lower one keeps it until it is released.
   * @throws KEY_NOT_FOUND, INVALID_ARGUMENT
   * @example
   * const builds = await createSemaphore(leases, "builds", { capacity: 2 });
   * await builds.resize(5);
   * (await builds.status()).capacity; // => 5
   */
  resize(capacity: number): Promise<void>;
  /**
   * Takes the slot away from its holder, who hears of it when it next renews: within a third of the ttl.
   * @param key of the slot, as `status` shows it
   * @returns whether somebody had it
   * @example
   * const builds = await createSemaphore(leases, "builds", { capacity: 2 });
   * await builds.evict("builds.1"); // => false
   */
  evict(key: string): Promise<boolean>;
  /**
   * Removes it, with its slots; holders lose them.
   * @example
   * const builds = await createSemaphore(leases, "builds", { capacity: 2 });
   * await builds.remove();
   * await builds.acquire().catch((error) => error.code); // => "KEY_NOT_FOUND"
   */
  remove(): Promise<void>;
}

const largestCapacity = 1000;
const nameGrammar = /^[A-Za-z0-9_-]+$/;

/**
 * Makes a semaphore; one that exists with equal settings is left as it is.
 * @param bucket one with history 1 and a `markerTtlMs` suits best, as for locks
 * @throws ALREADY_EXISTS (other settings), INVALID_ARGUMENT
 * @example
 * const builds = await createSemaphore(leases, "builds", { capacity: 2, ttlMs: 60_000 });
 * builds.name; // => "builds"
 */
export async function createSemaphore(
  bucket: Bucket,
  name: string,
  { capacity, ttlMs = usualLeaseMs }: Pick<SemaphoreSettings, "capacity"> & Partial<SemaphoreSettings>,
): Promise<Semaphore> {
  checkName(name);
  checkCapacity(capacity);
  checkTtl(await bucket.status(), ttlMs);
  const settings = { capacity, ttlMs };
  const entry = await bucket.get(name);
  if (!entry) await bucket.create(name, JSON.stringify(settings));
  else if (!jsonEqual({ ...settingsIn(entry) }, settings)) {
    throw new MachinistError(
      "ALREADY_EXISTS",
      `semaphore ${name} of bucket ${bucket.name} exists with other settings: open it, and resize it`,
      { details: { bucket: bucket.name, name } },
    );
  }
  return new BucketSemaphore(bucket, name);
}

/**
 * The semaphore that somebody has made.
 * @throws KEY_NOT_FOUND
 * @example
 * await openSemaphore(leases, "nobody").catch((error) => error.code); // => "KEY_NOT_FOUND"
 */
export async function openSemaphore(bucket: Bucket, name: string): Promise<Semaphore> {
  checkName(name);
  const semaphore = new BucketSemaphore(bucket, name);
  await semaphore.settings();
  return semaphore;
}

/**
 * All semaphores of a bucket, sorted by name.
 * @example
 * await createSemaphore(leases, "builds", { capacity: 2 });
 * (await listSemaphores(leases)).map(({ name }) => name); // => ["builds"]
 */
export async function listSemaphores(bucket: Bucket): Promise<SemaphoreStatus[]> {
  const all: SemaphoreStatus[] = [];
  for await (const name of bucket.keys("*")) {
    const entry = await bucket.get(name);
    if (entry && settingsIn(entry)) all.push(await new BucketSemaphore(bucket, name).status());
  }
  return all;
}

class BucketSemaphore implements Semaphore {
  readonly name: string;
  readonly #bucket: Bucket;

  constructor(bucket: Bucket, name: string) {
    this.#bucket = bucket;
    this.name = name;
  }

  async acquire(options: Omit<LeaseOptions, "ttlMs"> = {}): Promise<Lease> {
    const { clock = systemClock } = options;
    const open = (view: LeaseView) => this.#openSlots(view);
    const late = `semaphore ${this.name} of bucket ${this.#bucket.name} had no free slot`;
    return withLimit(options, late, async (signal) => {
      const claiming = await untilAnswered(clock, signal, async () => {
        const { ttlMs } = await this.settings();
        return this.#claiming({ ...options, signal, ttlMs }, open);
      });
      return claim(claiming);
    });
  }

  async tryAcquire(options: Omit<LeaseOptions, "ttlMs" | "waitMs"> = {}): Promise<Lease | null> {
    const { capacity, ttlMs, holders } = await this.status();
    const held = holders.map(({ key }) => key);
    const free = this.#slots(capacity, held).filter((slot) => !held.includes(slot));
    const claiming = await this.#claiming({ ...options, ttlMs }, () => free);
    for (const slot of free) {
      const lease = await tryTake(slot, claiming);
      if (lease) return lease;
    }
    return null;
  }

  async status(): Promise<SemaphoreStatus> {
    const settings = await this.settings();
    const holders = new Map<string, LeaseHolder>();
    for await (const entry of this.#bucket.history(`${this.name}.*`)) {
      const holder = entry.operation === "PUT" ? holderIn(entry) : undefined;
      if (holder) holders.set(entry.key, holder);
      else holders.delete(entry.key);
    }
    const inOrder = [...holders.values()].sort((left, right) => slotNumber(left.key) - slotNumber(right.key));
    return { name: this.name, ...settings, holders: inOrder };
  }

  async resize(capacity: number): Promise<void> {
    checkCapacity(capacity);
    const { ttlMs } = await this.settings();
    await this.#bucket.put(this.name, JSON.stringify({ capacity, ttlMs }));
  }

  async evict(key: string): Promise<boolean> {
    const entry = key.startsWith(`${this.name}.`) ? await this.#bucket.get(key) : null;
    if (!entry) return false;
    await this.#bucket.delete(key);
    return true;
  }

  async remove(): Promise<void> {
    await this.#bucket.delete(this.name);
    await this.#bucket.delete(`${this.name}.*`);
  }

  /** @throws KEY_NOT_FOUND */
  async settings(): Promise<SemaphoreSettings> {
    const entry = await this.#bucket.get(this.name);
    return (entry && settingsIn(entry)) || this.#missing();
  }

  #claiming(options: LeaseOptions, open: ClaimOptions["open"]): Promise<ClaimOptions> {
    return claimOn(this.#bucket, { filters: [this.name, `${this.name}.*`], open }, options);
  }

  #openSlots(view: LeaseView): readonly string[] {
    const entry = view.holderOf(this.name)?.entry;
    const { capacity } = (entry && settingsIn(entry)) ?? this.#missing();
    const held = [...view.keys()].filter((key) => key !== this.name && !view.isStale(key));
    return this.#slots(capacity, held);
  }

  /**
   * Slots that may be taken or are. As many of the last ones stay closed as there are holders beyond a capacity that was
   * lowered: together they are never more than it.
   */
  #slots(capacity: number, held: readonly string[]): string[] {
    if (held.length >= capacity) return [];
    const beyond = held.filter((key) => slotNumber(key) > capacity).length;
    return Array.from({ length: capacity - beyond }, (_, at) => `${this.name}.${at + 1}`);
  }

  #missing(): never {
    throw new MachinistError(
      "KEY_NOT_FOUND",
      `there is no semaphore ${JSON.stringify(this.name)} in bucket ${this.#bucket.name}: make it first`,
      { details: { bucket: this.#bucket.name, key: this.name } },
    );
  }
}

function settingsIn(entry: Entry): SemaphoreSettings | undefined {
  try {
    const found = entry.json();
    if (!isJsonObject(found)) return undefined;
    const { capacity, ttlMs } = found;
    return typeof capacity === "number" && typeof ttlMs === "number" ? { capacity, ttlMs } : undefined;
  } catch {
    return undefined;
  }
}

function slotNumber(key: string): number {
  return Number(key.slice(key.lastIndexOf(".") + 1));
}

function checkName(name: string): void {
  if (nameGrammar.test(name)) return;
  throw new MachinistError(
    "INVALID_ARGUMENT",
    `semaphore: ${JSON.stringify(name)} is no name, expected letters, digits, - and _`,
  );
}

function checkCapacity(capacity: number): void {
  if (Number.isSafeInteger(capacity) && capacity >= 1 && capacity <= largestCapacity) return;
  throw new MachinistError(
    "INVALID_ARGUMENT",
    `semaphore: capacity is ${capacity}, expected a whole number from 1 to ${largestCapacity}`,
  );
}
