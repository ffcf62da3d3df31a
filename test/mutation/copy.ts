/** A copy of the work tree that faults are put into: the tree itself is never touched. */
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import type { Fault } from "./fault.ts";

const leftOut: ReadonlySet<string> = new Set([".git", "node_modules", "coverage"]);

export class Copy {
  readonly root: string;

  private constructor(root: string) {
    this.root = root;
  }

  static async of(tree: string): Promise<Copy> {
    const root = await mkdtemp(join(tmpdir(), "machinist-mutation-"));
    const filter = (source: string): boolean => !leftOut.has(relative(tree, source));
    await cp(tree, root, { recursive: true, filter });
    await symlink(join(tree, "node_modules"), join(root, "node_modules"));
    return new Copy(root);
  }

  /** Puts the fault in, does `work`, and takes it out again. */
  async withFault<Result>({ file, find, replace }: Fault, work: () => Promise<Result>): Promise<Result> {
    const path = join(this.root, file);
    const source = await readFile(path, "utf8");
    // A function, because `$` means something in a replacement text.
    await writeFile(
      path,
      source.replace(find, () => replace),
    );
    try {
      return await work();
    } finally {
      await writeFile(path, source);
    }
  }

  async remove(): Promise<void> {
    await rm(this.root, { recursive: true, force: true });
  }
}
