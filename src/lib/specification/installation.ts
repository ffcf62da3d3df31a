/**
 * Brings the managers beside a machine to what a specification says. What is purged goes in steps, over several calls: its manager
 * is set aside; when that surely runs no more, the managed directory is removed; when nobody has made that again, the purge is over.
 */
import { basename, dirname, resolve } from "node:path";
import type { Clock } from "../clock.ts";
import { MachinistError, messageOf } from "../errors.ts";
import type { Logger } from "../logger.ts";
import type { SpecificationEntry } from "./entry.ts";
import { ManagerDirectories } from "./manager-directories.ts";
import { managerDocument } from "./manager-document.ts";
import { type MatchHost, matchesHost } from "./match.ts";

export interface InstallationSettings {
  /** Directory of the machine that installs: never written to or removed. */
  readonly own: string;
  /** Directory that the managers are made in. */
  readonly managers: string;
  /** Directory that the managers unpack in. */
  readonly managed: string;
  readonly prefix: string;
  readonly manageIntervalMs: number;
  readonly purgeUnknown: boolean;
}

export interface InstallationHost extends MatchHost {
  readonly clock: Clock;
  readonly log: Logger;
}

export interface Applied {
  /** A manager was written, or a purge is over. */
  readonly isChanged: boolean;
  /** Entries that were left as they are, and why. */
  readonly skipped: readonly string[];
  /** What should have been done and could not be. */
  readonly failures: readonly string[];
  /** Call again after this long to go on with a purge. */
  readonly againInMs: number | undefined;
}

/** Longer than a machine whose file is gone may take, by default, to end what it was doing. */
const managerStopsWithinMs = 15_000;

export class Installation {
  readonly #settings: InstallationSettings;
  readonly #host: InstallationHost;
  readonly #directories: ManagerDirectories;
  /** Since when, on the monotonic clock, nothing was seen of an entry that leaves. Lost at a restart: then the wait begins anew. */
  readonly #quietSince = new Map<string, number>();

  constructor(settings: InstallationSettings, host: InstallationHost) {
    this.#settings = settings;
    this.#host = host;
    this.#directories = new ManagerDirectories(settings);
  }

  /** @throws BAD_VALUE when an entry would take the place of a manager or of the machine itself; then nothing is done */
  async apply(entries: readonly SpecificationEntry[]): Promise<Applied> {
    for (const entry of entries) this.#requirePlace(entry.name);
    const { wanted, undecided, skipped } = this.#select(entries);
    const work = new Work();
    if (this.#settings.purgeUnknown) {
      await this.#setAside(new Set([...wanted.keys(), ...undecided]), work);
    }
    await this.#goOnWithPurges(wanted, work);
    for (const entry of wanted.values()) {
      await work.attempt(`manager of ${entry.name}`, () => this.#write(entry));
    }
    return { isChanged: work.isChanged, skipped, failures: work.failures, againInMs: this.#nextStepInMs() };
  }

  #requirePlace(name: string): void {
    const { own, managed, prefix } = this.#settings;
    const reason = name.startsWith(`${prefix}_`)
      ? `begins with ${prefix}_, as managers do`
      : resolve(managed, name) === resolve(own) && "is the directory of this machine itself";
    if (reason) throw new MachinistError("BAD_VALUE", `entry ${name}: its name ${reason}; use another`);
  }

  /** What cannot be decided on is neither written nor purged. Of entries of one name the first that matches counts. */
  #select(entries: readonly SpecificationEntry[]) {
    const wanted = new Map<string, SpecificationEntry>();
    const undecided = new Set<string>();
    const skipped: string[] = [];
    for (const entry of entries) {
      try {
        if (entry.match !== undefined && !matchesHost(entry.match, this.#host)) continue;
        if (wanted.has(entry.name))
          skipped.push(`entry ${entry.name} is there twice: only the first is used`);
        else wanted.set(entry.name, entry);
      } catch (cause) {
        undecided.add(entry.name);
        skipped.push(`entry ${entry.name} is left as it is, its match cannot be told: ${messageOf(cause)}`);
      }
    }
    return { wanted, undecided, skipped };
  }

  async #setAside(kept: ReadonlySet<string>, work: Work): Promise<void> {
    const { own, managers, prefix } = this.#settings;
    const ownName = resolve(dirname(own)) === resolve(managers) ? basename(own) : undefined;
    for (const name of await this.#directories.installed()) {
      if (kept.has(name) || `${prefix}_${name}` === ownName) continue;
      await work.attempt(`purge of ${name}`, async () => {
        await this.#directories.setAside(name);
        this.#quietSince.delete(name);
        this.#host.log.warn("the manager of an entry that is not in the specification was removed", {
          entry: name,
        });
        return false;
      });
    }
  }

  async #goOnWithPurges(wanted: ReadonlyMap<string, SpecificationEntry>, work: Work): Promise<void> {
    const leaving = await this.#directories.leaving();
    for (const name of this.#quietSince.keys()) if (!leaving.includes(name)) this.#quietSince.delete(name);
    for (const name of leaving) {
      await work.attempt(`purge of ${name}`, () =>
        wanted.has(name) ? this.#callBack(name) : this.#purge(name),
      );
    }
  }

  async #callBack(name: string): Promise<boolean> {
    await this.#directories.forget(name);
    this.#quietSince.delete(name);
    return false;
  }

  /** @returns true when the purge is over */
  async #purge(name: string): Promise<boolean> {
    const now = this.#host.clock.monotonic();
    const since = this.#quietSince.get(name);
    if (since === undefined) this.#quietSince.set(name, now);
    if (since === undefined || now - since < managerStopsWithinMs) return false;
    if (!this.#isOwn(name) && (await this.#directories.removeManaged(name))) {
      this.#quietSince.set(name, now);
      this.#host.log.warn("what is not in the specification was removed", { entry: name });
      return false;
    }
    return this.#callBack(name).then(() => true);
  }

  #nextStepInMs(): number | undefined {
    if (this.#quietSince.size === 0) return undefined;
    const oldest = Math.min(...this.#quietSince.values());
    return Math.max(0, oldest + managerStopsWithinMs - this.#host.clock.monotonic());
  }

  #isOwn(name: string): boolean {
    return resolve(this.#settings.managed, name) === resolve(this.#settings.own);
  }

  async #write(entry: SpecificationEntry): Promise<boolean> {
    const { prefix, managed, manageIntervalMs } = this.#settings;
    const document = managerDocument(entry, { prefix, target: managed, intervalMs: manageIntervalMs });
    const isWritten = await this.#directories.write(entry.name, document);
    if (isWritten) this.#host.log.info("the manager of an entry was written", { entry: entry.name });
    return isWritten;
  }
}

/** Steps of which one that fails keeps no other from being tried. */
class Work {
  isChanged = false;
  readonly failures: string[] = [];

  async attempt(what: string, step: () => Promise<boolean>): Promise<void> {
    try {
      if (await step()) this.isChanged = true;
    } catch (cause) {
      this.failures.push(`${what}: ${messageOf(cause)}`);
    }
  }
}
