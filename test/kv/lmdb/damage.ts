/** Damages a record of an open store, in a process of its own, because LMDB loses its locks when one opens a file twice. */
import { spawnSync } from "node:child_process";

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
