/** Writes a backup of a host while its daemon runs. */
import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { copyFile, lstat, mkdir, mkdtemp, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, join } from "node:path";
import { isReservedBucket } from "../kv/names.ts";
import { copyStore, openStore } from "../kv/open.ts";
import { MachinistError } from "../lib/errors.ts";
import { packageVersion } from "../lib/package.ts";
import { packDirectory } from "./archive.ts";
import { directoryOfStore, manifestName, manifestText, type OptionalPart, type Places } from "./manifest.ts";

export interface BackupOptions {
  /** Absolute. */
  readonly file: string;
  /** Replaces the file if it exists. Default: false, ALREADY_EXISTS. */
  readonly replace?: boolean;
  /** What else it holds: output of commands, work directories of machines. Default: neither. */
  readonly parts?: readonly OptionalPart[];
  /** Milliseconds since 1970. */
  readonly nowMs: number;
}

export interface BackedUp {
  readonly file: string;
  readonly bytes: number;
  /** Buckets of users; undefined when they are on a server. */
  readonly buckets?: number;
}

/** Files of facts and overrides, which belong to the host and are small. */
const settings = ["facts.json", "facts.yaml", "overrides.json", "overrides.yaml"];

/**
 * Records of machines are copied before the buckets that they watch: after a restore a watcher's cursor is never ahead of its
 * bucket, so it handles an entry again rather than skipping one. Each of the two copies is one state of its store.
 * @throws STORE_NOT_FOUND when no daemon ever ran there, ALREADY_EXISTS, errors of stores and of the file system
 */
export async function createBackup(places: Places, options: BackupOptions): Promise<BackedUp> {
  const { file, replace = false, parts = [], nowMs } = options;
  const state = directoryOfStore(places.stateUrl) ?? "";
  if (!existsSync(join(state, "data.mdb"))) {
    throw new MachinistError(
      "STORE_NOT_FOUND",
      `there is nothing to back up: looked for ${state}. \`machinist run\` creates it; name another data directory with --data`,
    );
  }
  if (!replace && existsSync(file))
    throw new MachinistError("ALREADY_EXISTS", `file ${file} exists already: -f replaces it`);
  const staging = await mkdtemp(join(places.dataDirectory, "backup-"));
  const draft = `${file}.${randomUUID()}.temp`;
  try {
    await copyStore(state, join(staging, "state"));
    const store = directoryOfStore(places.storeUrl);
    const hasStore = store !== undefined && existsSync(join(store, "data.mdb"));
    if (hasStore) await copyStore(store, join(staging, "store"));
    const data = join(staging, "data");
    await mkdir(data);
    for (const name of [...settings, ...parts])
      await copyTree(join(places.dataDirectory, name), join(data, name));
    const created = new Date(nowMs).toISOString();
    const manifest = { machinist: packageVersion(), created, host: hostname(), hasStore, parts };
    await writeFile(join(staging, manifestName), manifestText(manifest));
    const buckets = hasStore ? await countBuckets(places.storeUrl) : undefined;
    await packDirectory(staging, draft);
    await rename(draft, file);
    const { size } = await stat(file);
    return { file, bytes: size, ...(buckets === undefined ? {} : { buckets }) };
  } finally {
    await rm(draft, { force: true });
    await rm(staging, { recursive: true, force: true });
  }
}

async function countBuckets(url: string): Promise<number> {
  await using store = await openStore(url);
  return (await store.listBuckets()).filter(({ bucket }) => !isReservedBucket(bucket)).length;
}

/** Files that vanish meanwhile are left out, links too: they may lead anywhere. */
async function copyTree(source: string, target: string): Promise<void> {
  try {
    const found = await lstat(source);
    if (found.isFile()) await copyFile(source, target);
    if (!found.isDirectory()) return;
    await mkdir(target, { mode: 0o700 });
    for (const name of await readdir(source))
      await copyTree(join(source, name), join(target, basename(name)));
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
  }
}
