/** What one process does with the embedded store, beside what the peers do with theirs. */
import type { KV } from "@nats-io/kv";
import { openMirror } from "../../../src/kv/mirror.ts";
import { percentile, type Report, type Target } from "../measure.ts";
import type { Contenders } from "./contenders.ts";
import { bursts, inFlight, keyAt, rateRows, rates, repeat, type Than } from "./loads.ts";

/** Operations per round: long enough to be measured, short enough for some minutes in all. */
const alone = 400;
const many = 4000;
/** For those that are slow at it. */
const some = 2000;
const reads = 40_000;

export async function benchOneProcess(report: Report, contenders: Contenders): Promise<void> {
  report.section(`store: values of ${contenders.size}, history 5`);
  await benchPuts(report, contenders);
  await benchUpdates(report, contenders);
  await benchGets(report, contenders);
  await benchWatch(report, contenders);
}

async function benchPuts(report: Report, contenders: Contenders): Promise<void> {
  const { ours, raw, level, files, disk, nats, always, value, target } = contenders;
  const put = (index: number) => ours.put(keyAt(index), value);
  const rawPut = (index: number) => raw.put(keyAt(index), value);
  const natsPut = (index: number) => nats.put(keyAt(index), value);
  const alwaysPut = (index: number) => always.put(keyAt(index), value);
  const levelPut = (index: number) => level.put(keyAt(index), value, { sync: true });
  const filePut = (index: number) => files.setItemRaw(keyAt(index), value);
  const of = await rates({
    disk: repeat(alone, () => disk.overwrite()),
    raw1: repeat(alone, (index) => raw.putSync(keyAt(index), value)),
    raw100: inFlight(many, 100, rawPut),
    raw1000: inFlight(many, 1000, rawPut),
    rawBursts: bursts(many, 1000, rawPut),
    level1: inFlight(alone, 1, levelPut),
    level100: inFlight(many, 100, levelPut),
    level1000: inFlight(many, 1000, levelPut),
    files1: inFlight(alone, 1, filePut),
    files100: inFlight(some, 100, filePut),
    nats1: inFlight(alone, 1, natsPut),
    nats100: inFlight(many, 100, natsPut),
    nats1000: inFlight(many, 1000, natsPut),
    always1: inFlight(alone, 1, alwaysPut),
    always100: inFlight(some, 100, alwaysPut),
    always1000: inFlight(some, 1000, alwaysPut),
    put1: inFlight(alone, 1, put),
    put100: inFlight(many, 100, put),
    put1000: inFlight(many, 1000, put),
    putBursts: bursts(many, 1000, put),
  });
  rateRows(
    report,
    "put, one at a time",
    of.put1,
    than("raw lmdb putSync", of.raw1, target(">= 0.6")),
    than("fdatasync of one page", of.disk, target(">= 0.2")),
    than("NATS that syncs always", of.always1, target(">= 0.9")),
    than("NATS by default (no sync)", of.nats1, target(">= 0.5")),
    than("classic-level, sync", of.level1),
    than("unstorage fs (no sync)", of.files1),
  );
  rateRows(
    report,
    "put, 100 in flight",
    of.put100,
    than("raw lmdb", of.raw100, target(">= 0.6")),
    than("NATS that syncs always", of.always100, target(">= 12")),
    than("NATS by default (no sync)", of.nats100, target(">= 2.5")),
    than("classic-level, sync", of.level100),
    than("unstorage fs (no sync)", of.files100),
  );
  rateRows(
    report,
    "put, 1000 in flight",
    of.put1000,
    than("raw lmdb", of.raw1000, target(">= 0.3")),
    than("NATS that syncs always", of.always1000, target(">= 20", ">= 7")),
    than("NATS by default (no sync)", of.nats1000, target(">= 4", ">= 1.5")),
    than("classic-level, sync", of.level1000),
  );
  rateRows(report, "put, bursts of 1000", of.putBursts, than("raw lmdb", of.rawBursts, target(">= 0.3")));
}

async function benchUpdates(report: Report, contenders: Contenders): Promise<void> {
  const { ours, nats, always, value, target } = contenders;
  const update = async (index: number): Promise<void> => {
    const entry = await ours.get(keyAt(index));
    await ours.update(keyAt(index), value, entry?.revision ?? 0);
  };
  const theirs =
    (kv: KV) =>
    async (index: number): Promise<void> => {
      const entry = await kv.get(keyAt(index));
      await kv.update(keyAt(index), value, entry?.revision ?? 0);
    };
  const of = await rates({
    nats1: inFlight(alone, 1, theirs(nats)),
    nats100: inFlight(some, 100, theirs(nats)),
    always1: inFlight(alone, 1, theirs(always)),
    always100: inFlight(some, 100, theirs(always)),
    update1: inFlight(alone, 1, update),
    update100: inFlight(many, 100, update),
  });
  rateRows(
    report,
    "get and update (CAS), one at a time",
    of.update1,
    than("NATS that syncs always", of.always1, target(">= 1.5")),
    than("NATS by default (no sync)", of.nats1),
  );
  rateRows(
    report,
    "get and update (CAS), 100 in flight",
    of.update100,
    than("NATS that syncs always", of.always100, target(">= 10")),
    than("NATS by default (no sync)", of.nats100, target(">= 3.5")),
  );
}

async function benchGets(report: Report, contenders: Contenders): Promise<void> {
  const { store, ours, raw, level, files, nats, target } = contenders;
  // Not before: it would take part in every put.
  await using mirror = openMirror(store, ours.name);
  await mirror.ready;
  const of = await rates({
    mirror: repeat(reads, (index) => mirror.get(keyAt(index))),
    raw: repeat(reads, (index) => raw.getBinaryFast(keyAt(index))),
    level: inFlight(many, 1, (index) => level.get(keyAt(index))),
    files: inFlight(some, 1, (index) => files.getItemRaw(keyAt(index))),
    nats1: inFlight(some, 1, (index) => nats.get(keyAt(index))),
    nats100: inFlight(many, 100, (index) => nats.get(keyAt(index))),
    get: inFlight(reads, 1, (index) => ours.get(keyAt(index))),
  });
  rateRows(
    report,
    "get",
    of.get,
    than("raw lmdb getBinaryFast", of.raw, target(">= 0.2")),
    than("NATS, one at a time", of.nats1, target(">= 60", ">= 25")),
    than("NATS, 100 in flight", of.nats100, target(">= 15")),
    than("classic-level", of.level),
    than("unstorage fs", of.files),
  );
  rateRows(report, "get of a live mirror", of.mirror, than("the store's get", of.get));
}

/** From the call of put to the entry in the hands of the reader, against the put's own time. */
async function benchWatch(report: Report, { ours, value }: Contenders): Promise<void> {
  await using watch = ours.watch(keyAt(0), { updatesOnly: true });
  await watch.next();
  const seen: number[] = [];
  const acknowledged: number[] = [];
  for (let index = 0; index < some; index++) {
    const begin = performance.now();
    const next = watch.next().then(() => seen.push(performance.now() - begin));
    await ours.put(keyAt(0), value);
    acknowledged.push(performance.now() - begin);
    await next;
  }
  const p50 = percentile(seen, 0.5);
  const p99 = percentile(seen, 0.99);
  report.row({
    ...{ name: "put -> watch in this process, p50", value: p50, unit: "ms" },
    ...{ ratio: p50 / percentile(acknowledged, 0.5), to: "the put's own", target: "<= 1.1" },
  });
  report.row({
    ...{ name: "put -> watch in this process, p99", value: p99, unit: "ms" },
    ...{ ratio: p99 / percentile(acknowledged, 0.99), to: "the put's own" },
  });
}

function than(to: string, rate: number, target?: Target): Than {
  return { to, rate, ...(target && { target }) };
}
