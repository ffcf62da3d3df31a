/**
 * The embedded store against what it is made of, in the same run: raw lmdb (durable puts of one record), and the disk itself
 * (fdatasync of one page). Values of 100 B and of 10 KB, history 5, a few thousand keys.
 */
import { closeSync, fdatasyncSync, openSync, writeSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { open, type RootDatabase } from "lmdb";
import { openStore } from "../../src/kv/open.ts";
import type { Bucket } from "../../src/kv/store.ts";
import { interleaved, percentile, type Report } from "./measure.ts";

const keys = 2000;
const rounds = 5;
/** Operations per round: long enough to be measured, short enough for a minute in all. */
const alone = 400;
const many = 4000;
const reads = 40_000;
const page = Buffer.alloc(4096);

interface Contenders {
  readonly bucket: Bucket;
  readonly raw: RootDatabase<Buffer, string>;
  readonly disk: number;
  readonly value: Buffer;
}

/** Takes less than a minute. */
export async function benchKv(report: Report): Promise<void> {
  for (const size of [100, 10_240]) await benchSize(report, size);
}

async function benchSize(report: Report, size: number): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "machinist-bench-"));
  const store = await openStore(join(directory, "store"));
  const raw = open<Buffer, string>({
    path: join(directory, "raw"),
    noSubdir: false,
    pageSize: 16_384,
    overlappingSync: false,
    encoding: "binary",
  });
  const disk = openSync(join(directory, "disk"), "w");
  try {
    const bucket = await store.createBucket("BENCH", { history: 5 });
    const contenders = { bucket, raw, disk, value: Buffer.alloc(size, 0x78) };
    report.section(`store: values of ${size === 100 ? "100 B" : "10 KB"}, history 5`);
    await inFlight(keys * 5, 1000, (index) => bucket.put(keyAt(index), contenders.value));
    await inFlight(keys, 1000, (index) => raw.put(keyAt(index), contenders.value));
    await benchPuts(report, contenders);
    await benchUpdates(report, contenders);
    await benchGets(report, contenders);
    await benchWatch(report, contenders);
  } finally {
    closeSync(disk);
    await raw.close();
    await store.close();
    await rm(directory, { recursive: true, force: true });
  }
}

async function benchPuts(report: Report, { bucket, raw, disk, value }: Contenders): Promise<void> {
  const put = (index: number) => bucket.put(keyAt(index), value);
  const rawPut = (index: number) => raw.put(keyAt(index), value);
  const [synced, raw1, raw100, raw1000, put1, put100, put1000] = await interleaved(
    [
      () => repeat(alone, () => overwrite(disk)),
      () => repeat(alone, (index) => raw.putSync(keyAt(index), value)),
      () => inFlight(many, 100, rawPut),
      () => inFlight(many, 1000, rawPut),
      () => inFlight(alone, 1, put),
      () => inFlight(many, 100, put),
      () => inFlight(many, 1000, put),
    ],
    { rounds },
  );
  const rate = (name: string, count: number, ms: number): Figure => ({ name, count, ms });
  figure(report, rate("disk: write and fdatasync of one page", alone, synced));
  figure(report, rate("raw lmdb putSync", alone, raw1));
  figure(report, rate("raw lmdb put, 100 in flight", many, raw100));
  figure(report, rate("raw lmdb put, 1000 in flight", many, raw1000));
  const one = rate("put, one at a time", alone, put1);
  figure(report, one, { than: rate("putSync", alone, raw1), target: ">= 0.6" });
  figure(report, one, { than: rate("fdatasync", alone, synced), target: ">= 0.2" });
  figure(report, rate("put, 100 in flight", many, put100), {
    than: rate("raw", many, raw100),
    target: ">= 0.6",
  });
  figure(report, rate("put, 1000 in flight", many, put1000), {
    than: rate("raw", many, raw1000),
    target: ">= 0.3",
  });
}

async function benchUpdates(report: Report, { bucket, value }: Contenders): Promise<void> {
  const put = (index: number) => bucket.put(keyAt(index), value);
  const update = async (index: number): Promise<void> => {
    const entry = await bucket.get(keyAt(index));
    await bucket.update(keyAt(index), value, entry?.revision ?? 0);
  };
  const [put1, update1, put100, update100] = await interleaved(
    [
      () => inFlight(alone, 1, put),
      () => inFlight(alone, 1, update),
      () => inFlight(many, 100, put),
      () => inFlight(many, 100, update),
    ],
    { rounds },
  );
  const of = (name: string, count: number, ms: number): Figure => ({ name, count, ms });
  figure(report, of("get and update (CAS), one at a time", alone, update1), { than: of("put", alone, put1) });
  figure(report, of("get and update (CAS), 100 in flight", many, update100), {
    than: of("put", many, put100),
  });
}

async function benchGets(report: Report, { bucket, raw }: Contenders): Promise<void> {
  const [rawMs, getMs] = await interleaved(
    [
      () => repeat(reads, (index) => raw.getBinaryFast(keyAt(index))),
      () => inFlight(reads, 1, (index) => bucket.get(keyAt(index))),
    ],
    { rounds },
  );
  const rawGet = { name: "raw lmdb getBinaryFast", count: reads, ms: rawMs };
  figure(report, rawGet);
  figure(
    report,
    { name: "get", count: reads, ms: getMs },
    { than: { ...rawGet, name: "raw" }, target: ">= 0.2" },
  );
}

/** From the call of put to the entry in the hands of the reader, against the put's own time. */
async function benchWatch(report: Report, { bucket, value }: Contenders): Promise<void> {
  await using watch = bucket.watch(keyAt(0), { updatesOnly: true });
  await watch.next();
  const seen: number[] = [];
  const acknowledged: number[] = [];
  for (let index = 0; index < alone * rounds; index++) {
    const begin = performance.now();
    const next = watch.next().then(() => seen.push(performance.now() - begin));
    await bucket.put(keyAt(0), value);
    acknowledged.push(performance.now() - begin);
    await next;
  }
  for (const [name, fraction, target] of [
    ["median", 0.5, "<= 1.1"],
    ["99th percentile", 0.99, undefined],
  ] as const) {
    const ms = percentile(seen, fraction);
    report.row({
      name: `put -> watch, ${name}`,
      value: ms,
      unit: "ms",
      ratio: ms / percentile(acknowledged, fraction),
      to: "the put's own",
      ...(target && { target }),
    });
  }
}

interface Figure {
  readonly name: string;
  readonly count: number;
  readonly ms: number;
}

function figure(report: Report, { name, count, ms }: Figure, peer?: { than: Figure; target?: string }): void {
  const rate = (count / ms) * 1000;
  if (!peer) {
    report.row({ name, value: rate, unit: "/s" });
    return;
  }
  const { than, target } = peer;
  const ratio = rate / ((than.count / than.ms) * 1000);
  report.row({ name, value: rate, unit: "/s", ratio, to: than.name, ...(target && { target }) });
}

function keyAt(index: number): string {
  // Spread over the tree, as keys of a real store are.
  return `app.node${(index * 7919) % keys}.release`;
}

function repeat(count: number, work: (index: number) => void): void {
  for (let index = 0; index < count; index++) work(index);
}

async function inFlight(
  count: number,
  width: number,
  work: (index: number) => Promise<unknown>,
): Promise<void> {
  let next = 0;
  const oneAfterAnother = async (): Promise<void> => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: width }, oneAfterAnother));
}

function overwrite(file: number): void {
  writeSync(file, page, 0, page.length, 0);
  fdatasyncSync(file);
}
