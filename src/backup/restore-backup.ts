/** Makes a new data directory from a backup. Nothing is moved into place before all of it was read and checked. */
import { existsSync } from "node:fs";
import { cp, mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { verifyStore } from "../kv/open.ts";
import { MachinistError } from "../lib/errors.ts";
import { unpackDirectory } from "./archive.ts";
import { directoryOfStore, type Manifest, manifestName, type Places, readManifest } from "./manifest.ts";

const stagingName = "restore.tmp";

/**
 * @param places a data directory that is missing or empty, as is the directory of an embedded users' store
 * @throws ALREADY_EXISTS, FILE_NOT_FOUND, BAD_VALUE (not a complete backup), STORE_DAMAGED, UNSUPPORTED (of a newer machinist),
 *   errors of the file system
 */
export async function restoreBackup(places: Places, file: string): Promise<Manifest> {
  const { dataDirectory } = places;
  await refuseOccupied(dataDirectory, [stagingName]);
  const store = directoryOfStore(places.storeUrl);
  if (store !== undefined) await refuseOccupied(store, []);
  const isNew = !existsSync(dataDirectory);
  const staging = join(dataDirectory, stagingName);
  await rm(staging, { recursive: true, force: true });
  await mkdir(staging, { recursive: true, mode: 0o700 });
  try {
    await unpackDirectory(file, staging);
    const manifest = readManifest(await textOf(join(staging, manifestName)));
    await verify(join(staging, "state"));
    if (manifest.hasStore) await verify(join(staging, "store"));
    if (manifest.hasStore && store !== undefined) await move(join(staging, "store"), store);
    const data = join(staging, "data");
    for (const name of await readdir(data)) await move(join(data, name), join(dataDirectory, name));
    // Last: with it the data directory is complete.
    await move(join(staging, "state"), directoryOfStore(places.stateUrl) ?? "");
    await rm(staging, { recursive: true });
    return manifest;
  } catch (error) {
    await rm(isNew ? dataDirectory : staging, { recursive: true, force: true });
    throw error;
  }
}

async function refuseOccupied(directory: string, ignored: readonly string[]): Promise<void> {
  const names = existsSync(directory) ? await readdir(directory) : [];
  if (names.every((name) => ignored.includes(name))) return;
  throw new MachinistError(
    "ALREADY_EXISTS",
    `cannot restore into ${directory}: it is not empty. Restore into a new directory with --data, or move this one away first`,
    { details: { directory } },
  );
}

async function textOf(file: string): Promise<string> {
  return existsSync(file) ? readFile(file, "utf8") : "";
}

/** @throws STORE_DAMAGED */
async function verify(directory: string): Promise<void> {
  if (!existsSync(join(directory, "data.mdb")))
    throw new MachinistError("BAD_VALUE", `not a complete backup: ${directory} is missing`);
  const verification = await verifyStore(`lmdb:${directory}`);
  const damage = verification?.damage[0];
  if (damage) throw damage;
}

/** Also to another file system; it is on disk when this resolves. */
async function move(source: string, target: string): Promise<void> {
  await mkdir(dirname(target), { recursive: true, mode: 0o700 });
  await rm(target, { recursive: true, force: true });
  try {
    await rename(source, target);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EXDEV")) throw error;
    await cp(source, target, { recursive: true });
  }
  await using directory = await open(dirname(target), "r");
  await directory.sync();
}
