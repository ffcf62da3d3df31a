/** The LMDB database of a closed store, below the engine: for damaging it as no program of ours would. */
import { type Database, open } from "lmdb";
import { metaKey } from "../../../src/kv/engines/lmdb/layout.ts";

export type RawDatabase = Database<Buffer, Buffer>;

/** The caller closes it before the store is opened. */
export function openRaw(directory: string): RawDatabase {
  return open<Buffer, Buffer>({
    path: directory,
    noSubdir: false,
    overlappingSync: false,
    pageSize: 16_384,
    maxDbs: 1,
    encoding: "binary",
    keyEncoding: "binary",
  });
}

/** All keys, the meta record's first. */
export function keysIn(database: RawDatabase): Buffer[] {
  return [...database.getKeys({ start: Buffer.from([0]) })].map((found) => Buffer.from(found));
}

/** Makes it a store of layout 3. */
export function removeChecksums(database: RawDatabase): void {
  database.transactionSync(() => {
    for (const key of keysIn(database)) {
      const bytes = Buffer.from(database.get(key) ?? []);
      const isMeta = key.equals(metaKey);
      database.putSync(key, isMeta ? Buffer.from('{"layout":3,"nextBucketId":3}') : bytes.subarray(0, -8));
    }
  });
}
