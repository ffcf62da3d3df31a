/** Follows a file that commands of a daemon append lines to. */
import { EventEmitter, once } from "node:events";
import { watch } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** Resolves with the lines of a file when there are so many; told by the directory, which must exist. */
export async function linesOf(
  directory: string,
  name: string,
): Promise<(count: number) => Promise<string[]>> {
  const changed = new EventEmitter();
  const watcher = watch(directory, () => changed.emit("change"));
  onTestFinished(() => watcher.close());
  return async (count) => {
    for (;;) {
      const change = once(changed, "change");
      const lines = await readFile(join(directory, name), "utf8").then(
        (text) => text.split("\n").slice(0, -1),
        () => [],
      );
      if (lines.length >= count) return lines;
      await change;
    }
  };
}
