/** Damages a record of an open store, in a process of its own, because LMDB loses its locks when one opens a file twice. */
import { spawnSync } from "node:child_process";
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

/** Flips a bit of the record under a key of LMDB; again, and it is whole. */
export function flipBitOf(key: Buffer, directory: string): void {
  const { status, stderr } = spawnSync(process.execPath, ["-e", program, directory, key.toString("hex")], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`the record could not be damaged: ${stderr}`);
}

/** The key of LMDB under which the newest entry of a key is. */
export async function recordKeyOf(store: Store, name: string, key: string): Promise<Buffer> {
  const bucket = await store.openBucket(name);
  if (!(bucket instanceof LmdbBucket)) throw new Error("this needs the embedded engine");
  return headKey(bucket.identity.id, key);
}
