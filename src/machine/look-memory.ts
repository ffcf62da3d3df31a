/**
 * The last look of each watcher, kept over restarts for people to see: one entry per machine in a bucket of the daemon's own store. Not
 * written with each look: what is new is written together, a moment later. After a kill, looks of the last seconds are missing.
 */
import type { Bucket, Store } from "../kv/store.ts";
import type { CancelTimer, Clock } from "../lib/clock.ts";
import { messageOf } from "../lib/errors.ts";
import { isJsonObject } from "../lib/json.ts";
import type { Logger } from "../lib/logger.ts";
import type { RememberedLook } from "../watching/loop-host.ts";

export interface LookMemory {
  /** Reads what is kept of a machine's watchers; of a new machine nothing is kept, also when another one had its name. */
  load(machine: string, options: { readonly isNew: boolean }): Promise<void>;
  /** Watcher → its last look; empty when none is known, or nothing was loaded. */
  of(machine: string): ReadonlyMap<string, RememberedLook>;
  note(machine: string, watcher: string, look: RememberedLook): void;
}

interface Parts {
  readonly clock: Clock;
  readonly log: Logger;
}

const bucketName = "machinist-looks";
const writeAfterMs = 2_000;

export class StoredLooks implements LookMemory {
  readonly #store: Store;
  readonly #parts: Parts;
  /** Of machines that were read or noted since the start. */
  readonly #machines = new Map<string, Map<string, RememberedLook>>();
  readonly #changed = new Set<string>();
  #cancelWrite: CancelTimer | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(store: Store, parts: Parts) {
    this.#store = store;
    this.#parts = parts;
  }

  async load(machine: string, { isNew }: { readonly isNew: boolean }): Promise<void> {
    if (isNew) this.#forget(machine);
    else if (!this.#machines.has(machine)) this.#machines.set(machine, await this.#stored(machine));
  }

  of(machine: string): ReadonlyMap<string, RememberedLook> {
    return this.#machines.get(machine) ?? new Map();
  }

  note(machine: string, watcher: string, look: RememberedLook): void {
    const looks = this.#machines.get(machine) ?? new Map<string, RememberedLook>();
    this.#machines.set(machine, looks.set(watcher, look));
    this.#writeSoon(machine);
  }

  #forget(machine: string): void {
    this.#machines.set(machine, new Map());
    this.#writeSoon(machine);
  }

  #writeSoon(machine: string): void {
    this.#changed.add(machine);
    this.#cancelWrite ??= this.#parts.clock.after(writeAfterMs, () => void this.flush(), {
      background: true,
    });
  }

  /** Writes what is new now. Never rejects. */
  async flush(): Promise<void> {
    this.#cancelWrite?.();
    this.#cancelWrite = undefined;
    this.#writing = this.#writing.then(() => this.#write());
    await this.#writing;
  }

  async #write(): Promise<void> {
    const changed = [...this.#changed];
    this.#changed.clear();
    if (changed.length === 0) return;
    try {
      const bucket = await this.#bucket();
      await Promise.all(changed.map((machine) => bucket.put(machine, this.#textOf(machine))));
    } catch (cause) {
      this.#parts.log.debug("the last looks of watchers were not kept", { reason: messageOf(cause) });
    }
  }

  #textOf(machine: string): string {
    return JSON.stringify(Object.fromEntries(this.#machines.get(machine) ?? []));
  }

  async #stored(machine: string): Promise<Map<string, RememberedLook>> {
    try {
      const entry = await (await this.#bucket()).get(machine);
      const looks: unknown = entry?.json();
      return new Map(Object.entries<unknown>(isJsonObject(looks) ? looks : {}).filter(isLook));
    } catch (cause) {
      this.#parts.log.debug("the last looks of watchers cannot be read", { reason: messageOf(cause) });
      return new Map();
    }
  }

  #bucket(): Promise<Bucket> {
    return this.#store.createBucket(bucketName, { description: "The last look of each watcher" });
  }
}

function isLook(entry: [string, unknown]): entry is [string, RememberedLook] {
  const [, look] = entry;
  return isJsonObject(look) && typeof look["outcome"] === "string" && typeof look["at"] === "number";
}
