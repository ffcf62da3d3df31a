/**
 * The directories of managers, and of what they manage. A manager that has to go is first renamed to a hidden name, which stops
 * its machine and still tells, after a crash as well, that what it managed has to go too.
 */
import { lstat, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { MachinistError } from "../errors.ts";
import { isEntryName } from "./entry.ts";
import { managerName } from "./manager-document.ts";

export interface Places {
  /** Holds the managers. */
  readonly managers: string;
  /** Holds what they manage. */
  readonly managed: string;
  readonly prefix: string;
}

export class ManagerDirectories {
  readonly #places: Places;

  constructor(places: Places) {
    this.#places = places;
  }

  /** Names of the entries that have a manager. */
  installed(): Promise<string[]> {
    return this.#named(managerName(this.#places.prefix, ""));
  }

  /** Names of the entries whose manager was set aside. */
  leaving(): Promise<string[]> {
    return this.#named(`.${managerName(this.#places.prefix, "")}`);
  }

  /**
   * Makes the manager of an entry, whole or not at all; of one that is there only the file is replaced.
   * @returns false when it had this text already
   */
  async write(name: string, document: string): Promise<boolean> {
    const directory = this.#manager(name);
    await makeDirectory(directory);
    const file = join(directory, "machine.yaml");
    if ((await textOf(file)) === document) return false;
    const staging = join(directory, ".machine.yaml");
    await rm(staging, { recursive: true, force: true });
    await writeFile(staging, document, { mode: 0o600, flag: "wx", flush: true });
    await rename(staging, file);
    return true;
  }

  async setAside(name: string): Promise<void> {
    await this.forget(name);
    await rename(this.#manager(name), this.#aside(name));
  }

  /** Removes what the manager managed. @returns false when there was nothing */
  async removeManaged(name: string): Promise<boolean> {
    const directory = join(this.#places.managed, name);
    if (!(await lstat(directory).catch(undefinedWhenMissing))) return false;
    await rm(directory, { recursive: true });
    return true;
  }

  /** Removes the manager that was set aside. */
  forget(name: string): Promise<void> {
    return rm(this.#aside(name), { recursive: true, force: true });
  }

  #manager(name: string): string {
    return join(this.#places.managers, managerName(this.#places.prefix, name));
  }

  #aside(name: string): string {
    return join(this.#places.managers, `.${managerName(this.#places.prefix, name)}`);
  }

  /** Directories only, and no links: nothing is removed through one. Names only: `mm_..` would lead out of here. */
  async #named(start: string): Promise<string[]> {
    const found = await readdir(this.#places.managers, { withFileTypes: true });
    return found
      .filter((item) => item.isDirectory() && item.name.startsWith(start))
      .map((item) => item.name.slice(start.length))
      .filter(isEntryName)
      .sort();
  }
}

async function makeDirectory(directory: string): Promise<void> {
  const there = await lstat(directory).catch(undefinedWhenMissing);
  if (!there) await mkdir(directory, { mode: 0o700 });
  else if (!there.isDirectory()) {
    throw new MachinistError(
      "BAD_VALUE",
      `${directory} is no directory, expected that of a manager; remove it`,
    );
  }
}

function textOf(file: string): Promise<string | undefined> {
  return readFile(file, "utf8").catch(undefinedWhenMissing);
}

function undefinedWhenMissing(cause: unknown): undefined {
  if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return undefined;
  throw cause;
}
