/** Tells what happens to the paths in a directory. The only file that knows chokidar. */
import { type FSWatcher, watch } from "chokidar";

export interface WatchedPaths {
  /** How many levels of directories below this one are watched too. */
  readonly depth: number;
  /** Also tell what is there already. */
  readonly tellsPresent: boolean;
  /** What need not be watched at all. `isFile` is undefined as long as nobody has looked. */
  readonly ignores: (path: string, isFile: boolean | undefined) => boolean;
}

/** Paths come as the directory was given, with what is below it joined on. */
export interface PathListener {
  /** The file is there, or is another than before, and nobody has written to it for a moment. */
  present(file: string): void;
  gone(file: string): void;
  failed(cause: unknown): void;
}

/** A file counts as written when its size stays the same for this long: a reader never sees half of it. */
const settledMs = 200;

/**
 * Resolves when all files that are there already have been told, or would have been. A directory that is not there is
 * not waited for; nor does one that goes come back here, and chokidar does not tell of an empty one. Returns the undo.
 */
export async function watchPaths(
  directory: string,
  { depth, tellsPresent, ignores }: WatchedPaths,
  listener: PathListener,
): Promise<() => Promise<void>> {
  const watcher: FSWatcher = watch(directory, {
    depth,
    ignoreInitial: !tellsPresent,
    ignorePermissionErrors: true,
    awaitWriteFinish: { stabilityThreshold: settledMs, pollInterval: 50 },
    ignored: (path, stats) => path !== directory && ignores(path, stats?.isFile()),
  });
  watcher.on("add", (file) => listener.present(file));
  watcher.on("change", (file) => listener.present(file));
  watcher.on("unlink", (file) => listener.gone(file));
  watcher.on("error", (cause) => listener.failed(cause));
  await new Promise<void>((resolve) => watcher.once("ready", () => resolve()));
  return () => watcher.close();
}
