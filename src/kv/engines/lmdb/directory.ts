/** The directory of a store: made for its user only, and looked at before it is opened. */
import { accessSync, constants, existsSync, mkdirSync, realpathSync, statSync } from "node:fs";
import { join } from "node:path";
import { faultOfDataFile } from "./data-file.ts";
import { doorbellName } from "./doorbell.ts";
import { damagedStore, storeFailure } from "./failures.ts";

const dataFileName = "data.mdb";
const writable = constants.R_OK | constants.W_OK;

/** Makes it when it is missing. @returns its real path @throws FAILED */
export function prepareDirectory(directory: string): string {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    accessSync(directory, writable | constants.X_OK);
    const lockFile = join(directory, "lock.mdb");
    if (existsSync(lockFile)) accessSync(lockFile, writable);
    return realpathSync(directory);
  } catch (error) {
    throw storeFailure(error, directory);
  }
}

/** @throws STORE_DAMAGED for a data file that has lost a part, FAILED for one that may not be read */
export function checkDataFile(directory: string): void {
  const path = join(directory, dataFileName);
  if (!existsSync(path)) return;
  // LMDB makes a new store of an empty file; that is right only while the store is being made.
  if (statSync(path).size === 0 && existsSync(join(directory, doorbellName))) {
    throw damagedStore(directory, `${dataFileName} is empty`);
  }
  const fault = faultIn(path, directory);
  if (fault !== undefined) throw damagedStore(directory, `${dataFileName} is damaged, ${fault}`);
}

function faultIn(path: string, directory: string): string | undefined {
  try {
    return faultOfDataFile(path);
  } catch (error) {
    throw storeFailure(error, directory);
  }
}
