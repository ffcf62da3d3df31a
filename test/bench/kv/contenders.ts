/** The embedded store and its peers, each with the same keys, of which some have a history. */
import type { KV } from "@nats-io/kv";
import type { ClassicLevel } from "classic-level";
import type { RootDatabase } from "lmdb";
import type { Storage } from "unstorage";
import { openStore } from "../../../src/kv/open.ts";
import type { Bucket, Store } from "../../../src/kv/store.ts";
import type { Target } from "../measure.ts";
import { inFlight, keyAt, keys } from "./loads.ts";
import { type Disk, openDisk, openFiles, openLevel, openRawLmdb, openStock } from "./peers.ts";

export interface Contenders {
  /** For titles: `100 B`. */
  readonly size: string;
  readonly value: Buffer;
  readonly store: Store;
  readonly ours: Bucket;
  readonly raw: RootDatabase<Buffer, string>;
  readonly level: ClassicLevel<string, Buffer>;
  readonly files: Storage<Buffer>;
  readonly disk: Disk;
  /** The stock client: of a server with its default settings, and of one that syncs each write. */
  readonly nats: KV;
  readonly always: KV;
  /** A target of values of 100 B, and another or none of 10 KB. */
  target(small: Target, large?: Target): Target | undefined;
}

export interface Places {
  readonly directory: string;
  /** URLs of the two servers. */
  readonly nats: string;
  readonly always: string;
}

/** Opens all, fills them, and closes them after `work`. */
export async function withContenders(
  size: number,
  { directory, nats, always }: Places,
  work: (contenders: Contenders) => Promise<void>,
): Promise<void> {
  const value = Buffer.alloc(size, 0x78);
  await using store = await openStore(`${directory}/store`);
  await using stock = await openStock(nats, `size${size}`);
  await using synced = await openStock(always, `size${size}`);
  using disk = openDisk(directory);
  const raw = openRawLmdb(directory);
  const level = await openLevel(directory);
  const files = openFiles(directory);
  try {
    const ours = await store.createBucket("BENCH", { history: 5 });
    const isSmall = size <= 100;
    const contenders: Contenders = {
      size: isSmall ? `${size} B` : `${size / 1024} KB`,
      ...{ value, store, ours, raw, level, files, disk, nats: stock.kv, always: synced.kv },
      target: (small, large) => (isSmall ? small : large),
    };
    await fill(contenders);
    await work(contenders);
  } finally {
    await files.dispose();
    await level.close();
    await raw.close();
  }
}

async function fill({ value, ours, raw, level, files, nats, always }: Contenders): Promise<void> {
  await inFlight(keys * 5, 1000, (index) => ours.put(keyAt(index), value)).run();
  for (const put of [
    (key: string) => raw.put(key, value),
    (key: string) => level.put(key, value),
    (key: string) => files.setItemRaw(key, value),
    (key: string) => nats.put(key, value),
    (key: string) => always.put(key, value),
  ]) {
    await inFlight(keys, 500, (index) => put(keyAt(index))).run();
  }
}
