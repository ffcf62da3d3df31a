/** Grows a store, or watches one a thousand times (first argument), in the directory of the second; tells the figures. */
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { openStore } from "../../../src/kv/open.ts";
import type { Bucket } from "../../../src/kv/store.ts";
import { median, timed } from "../measure.ts";
import { type Grown, sizes, type Watched, watches } from "./growth.ts";
import { inFlight } from "./loads.ts";

const reads = 50_000;
const writes = 20_000;
const value = Buffer.alloc(100, 0x78);
const [, , task, directory = ""] = process.argv;

const store = await openStore(directory);
const bucket = await store.createBucket("BENCH", { history: 5 });
const figures = task === "grow" ? await grow() : await watchMany();
await store.close();
process.send?.(figures);
process.disconnect();

async function grow(): Promise<readonly Grown[]> {
  const grown: Grown[] = [];
  let keys = 0;
  for (const size of sizes) {
    const from = keys;
    await inFlight(size - from, 1000, (index) => bucket.put(`key${from + index}`, value)).run();
    keys = size;
    const key = (): string => `key${Math.floor(Math.random() * keys)}`;
    const gets = await rate(reads, 1, (reader) => reader.get(key()));
    const puts = await rate(writes, 1000, (writer) => writer.put(key(), value));
    const file = statSync(join(directory, "data.mdb")).size;
    grown.push({ keys, gets, puts, anonymous: anonymousBytes(), file });
  }
  return grown;
}

/** The median of three, after one that warms up. */
async function rate(count: number, width: number, work: (on: Bucket) => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < 4; round++) {
    times.push(await timed(() => inFlight(count, width, () => work(bucket)).run()));
  }
  return (count / median(times.slice(1))) * 1000;
}

async function watchMany(): Promise<Watched> {
  const before = anonymousBytes();
  const open = Array.from({ length: watches }, () => bucket.watch("key.*", { updatesOnly: true }));
  await Promise.all(open.map((watch) => watch.next()));
  const delays: number[] = [];
  let memory = 0;
  for (let round = 0; round < 30; round++) {
    const all = Promise.all(open.map((watch) => watch.next()));
    const begin = performance.now();
    await bucket.put(`key.${round}`, value);
    await all;
    if (round >= 5) delays.push(performance.now() - begin);
    if (round === 4) memory = (anonymousBytes() - before) / watches;
  }
  for (const watch of open) watch.stop();
  return { delays, memory };
}

/** After a collection. A file that is mapped is memory that the kernel can take back. */
function anonymousBytes(): number {
  globalThis.gc?.();
  const found = /^RssAnon:\s+(\d+) kB/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1];
  return Number(found) * 1024;
}
