/** Facts about the store of a directory, for people. Makes nothing. */
import { existsSync, statfsSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { formatSize } from "../../../lib/size.ts";
import { historyFacts, type StoreFact, type WatchedBucket } from "../../inspection.ts";
import { importFacts } from "../../transfer/importing.ts";
import type { EngineOptions } from "./engine.ts";
import { openLmdbStore } from "./lmdb-store.ts";

const littleRoom = 64 * 1_048_576;

/** @throws as openLmdbStore */
export async function inspectLmdb(
  directory: string,
  options: EngineOptions & { readonly watched: readonly WatchedBucket[] },
): Promise<StoreFact[]> {
  const place = resolve(directory);
  const file = join(place, "data.mdb");
  if (!existsSync(file)) {
    return [
      {
        name: "Store",
        text: `embedded, in ${place}: not there yet, the first command that needs it makes it`,
      },
    ];
  }
  await using store = await openLmdbStore(place, options);
  const buckets = await store.listBuckets();
  const entries = buckets.reduce((sum, { values }) => sum + values, 0);
  return [
    { name: "Store", text: `embedded (LMDB), in ${place}` },
    {
      name: "Contents",
      text: `${buckets.length} buckets, ${entries} entries, a file of ${formatSize(statSync(file).size)}`,
    },
    roomIn(place),
    ...importFacts(buckets),
    ...historyFacts(buckets, options.watched),
  ];
}

function roomIn(place: string): StoreFact {
  const { bavail, bsize } = statfsSync(place);
  const free = bavail * bsize;
  if (free >= littleRoom) return { name: "Room", text: `${formatSize(free)} free` };
  return {
    name: "Room",
    text: `only ${formatSize(free)} free: writes will fail soon, make room`,
    isProblem: true,
  };
}
