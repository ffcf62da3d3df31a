/**
 * The directory that each running command has on disk, under the data directory: it holds its files, and by being there says that the
 * command has not ended, which is how a helper tells what a killed one left behind. Knows no processes.
 */
import { mkdirSync, readdirSync, rmdirSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const nameOfVariable = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** The directories of one helper's commands, `commands/<helper>/<id>`, and what other helpers left there. */
export class RunDirectories {
  readonly #root: string;
  readonly #helper: string;

  /** @param helper a name that no other helper of the data directory ever had */
  constructor(dataDirectory: string, helper: string) {
    this.#root = join(dataDirectory, "commands");
    this.#helper = helper;
  }

  /** Makes this helper's own directory. @throws the system's error */
  open(): void {
    mkdirSync(join(this.#root, this.#helper), { recursive: true, mode: 0o700 });
  }

  /**
   * Makes a command's directory and writes its files, readable by nobody else.
   * @returns variable → path
   * @throws the system's error; nothing is left then
   */
  create(id: number, files: Readonly<Record<string, string>>): Record<string, string> {
    const directory = this.#of(id);
    mkdirSync(directory, { mode: 0o700 });
    const paths: Record<string, string> = {};
    try {
      for (const [variable, text] of Object.entries(files)) {
        if (!nameOfVariable.test(variable))
          throw new Error(`${JSON.stringify(variable)} cannot name a variable`);
        paths[variable] = join(directory, variable);
        writeFileSync(paths[variable], text, { mode: 0o600, flag: "wx" });
      }
    } catch (error) {
      rmSync(directory, { recursive: true, force: true });
      throw error;
    }
    return paths;
  }

  remove(id: number, files: Readonly<Record<string, string>>): void {
    const directory = this.#of(id);
    try {
      // In these steps because they need no open file.
      for (const variable of Object.keys(files)) unlinkSync(join(directory, variable));
      rmdirSync(directory);
      return;
    } catch {
      // Gone already, or the command put something there.
    }
    try {
      rmSync(directory, { recursive: true, force: true });
    } catch {
      // As at the limit on open files: the next helper removes it.
    }
  }

  /** Removes this helper's directory unless a command, a disowned one, still has its own in it. */
  close(): void {
    try {
      rmdirSync(join(this.#root, this.#helper));
    } catch {
      // It is kept by what is in it; the next helper looks again.
    }
  }

  /** The place of a command: which helper started it, and its id there, as `<helper>/<id>`; and its directory. */
  placeOf(id: number): { place: string; path: string } {
    return { place: `${this.#helper}/${id}`, path: this.#of(id) };
  }

  /** The places of commands that had not ended when their helper died; this one's own are left out. @throws the system's error */
  leftBehind(): string[] {
    return this.#otherHelpers().flatMap((helper) =>
      list(join(this.#root, helper)).map((id) => `${helper}/${id}`),
    );
  }

  /** Removes what other helpers left, but for the places in `inUse`. */
  removeLeftovers(inUse: ReadonlySet<string>): void {
    for (const place of this.leftBehind()) {
      if (!inUse.has(place)) rmSync(join(this.#root, place), { recursive: true, force: true });
    }
    for (const helper of this.#otherHelpers()) {
      if (list(join(this.#root, helper)).length === 0)
        rmSync(join(this.#root, helper), { recursive: true, force: true });
    }
  }

  #of(id: number): string {
    return join(this.#root, this.#helper, String(id));
  }

  #otherHelpers(): string[] {
    return list(this.#root).filter((name) => name !== this.#helper);
  }
}

/** @throws any error but that there is no such directory: a command whose directory cannot be read may run */
function list(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOENT" || code === "ENOTDIR") return [];
    throw error;
  }
}
