/** Other stores, as a user of theirs would open them. */
import { closeSync, fdatasyncSync, openSync, writeSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type KV, Kvm } from "@nats-io/kv";
import { ClassicLevel } from "classic-level";
import { open, type RootDatabase } from "lmdb";
import { connect } from "nats";
import { createStorage } from "unstorage";
import fsDriver from "unstorage/drivers/fs";
import { type RunningServer, startServer } from "../../setup/nats-server.ts";

export function openRawLmdb(directory: string): RootDatabase<Buffer, string> {
  return open<Buffer, string>({
    path: join(directory, "raw"),
    noSubdir: false,
    pageSize: 16_384,
    overlappingSync: false,
    encoding: "binary",
  });
}

export async function openLevel(directory: string): Promise<ClassicLevel<string, Buffer>> {
  const level = new ClassicLevel<string, Buffer>(join(directory, "level"), { valueEncoding: "buffer" });
  await level.open();
  return level;
}

/** One file per key; it syncs nothing. */
export function openFiles(directory: string) {
  // Its types tell of a CommonJS module; what is imported is an ES module.
  const driver = fsDriver as unknown as typeof fsDriver.default;
  return createStorage<Buffer>({ driver: driver({ base: join(directory, "files") }) });
}

export interface Disk extends Disposable {
  /** One page, written in place and on the disk when it returns. */
  overwrite(): void;
}

export function openDisk(directory: string): Disk {
  const page = Buffer.alloc(4096);
  const file = openSync(join(directory, "disk"), "w");
  return {
    overwrite() {
      writeSync(file, page, 0, page.length, 0);
      fdatasyncSync(file);
    },
    [Symbol.dispose]: () => closeSync(file),
  };
}

/** With `always` a write is on the disk when it is acknowledged; by default NATS syncs now and then. */
export async function startNats(sync: "default" | "always", directory: string): Promise<RunningServer> {
  if (sync === "default") return startServer("current");
  const config = join(directory, "sync-always.conf");
  await writeFile(config, "jetstream { sync_interval: always }\n");
  return startServer("current", ["-c", config]);
}

export interface StockBucket extends AsyncDisposable {
  readonly kv: KV;
}

/** By the stock client. With `direct: false` it reads from the leader, as machinist does, else from any replica. */
export async function openStock(
  url: string,
  bucket: string,
  options: { readonly direct: boolean } = { direct: true },
): Promise<StockBucket> {
  const connection = await connect({ servers: url });
  const kv = await new Kvm(connection).create(bucket, { history: 5, allow_direct: options.direct });
  return { kv, [Symbol.asyncDispose]: () => connection.close() };
}
