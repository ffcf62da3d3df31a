/** Damages a record of an open store, in a process of its own, because LMDB loses its locks when one opens a file twice. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { headKey } from "../../../src/kv/engines/lmdb/layout.ts";
import { LmdbBucket } from "../../../src/kv/engines/lmdb/lmdb-bucket.ts";
import type { Store } from "../../../src/kv/store.ts";

const program = `
const { open } = require("lmdb");
const [path, key] = process.argv.slice(1);
const database = open({ path, noSubdir: false, pageSize: 16384, maxDbs: 1, encoding: "binary", keyEncoding: "binary" });
const bytes = Buffer.from(database.get(Buffer.from(key, "hex")));
bytes[3] ^= 0x10;
database.putSync(Buffer.from(key, "hex"), bytes);
database.close();
`;

/** Flips a bit of the record under a key of LMDB; again, and it is whole. Not in one turn: this process may hold the write lock. */
export async function flipBitOf(key: Buffer, directory: string): Promise<void> {
  await promisify(execFile)(process.execPath, ["-e", program, directory, key.toString("hex")]);
}

/** The key of LMDB under which the newest entry of a key is. */
export async function recordKeyOf(store: Store, name: string, key: string): Promise<Buffer> {
  const bucket = await store.openBucket(name);
  if (!(bucket instanceof LmdbBucket)) throw new Error("this needs the embedded engine");
  return headKey(bucket.identity.id, key);
}
