/** The engine on NATS against the stock client, on the same server and with the same requests. */
import { openStore } from "../../../src/kv/open.ts";
import type { Report } from "../measure.ts";
import { inFlight, keyAt, keys, rateRows, rates } from "./loads.ts";
import { openStock } from "./peers.ts";

const alone = 1000;
const many = 5000;
const value = Buffer.alloc(100, 0x78);
/** Within 10 % or faster. */
const target = ">= 0.9";

export async function benchStockClient(report: Report, url: string): Promise<void> {
  await using store = await openStore(url);
  const ours = await store.createBucket("ours", { history: 5 });
  await using fromLeader = await openStock(url, "leader", { direct: false });
  await using direct = await openStock(url, "direct");
  const put = (index: number) => ours.put(keyAt(index), value);
  const get = (index: number) => ours.get(keyAt(index));
  const staleGet = (index: number) => ours.get(keyAt(index), { stale: true });
  const stockPut = (index: number) => fromLeader.kv.put(keyAt(index), value);
  const leaderGet = (index: number) => fromLeader.kv.get(keyAt(index));
  const directGet = (index: number) => direct.kv.get(keyAt(index));
  await inFlight(keys, 100, put).run();
  await inFlight(keys, 100, stockPut).run();
  await inFlight(keys, 100, (index) => direct.kv.put(keyAt(index), value)).run();
  const of = await rates({
    stockPut1: inFlight(alone, 1, stockPut),
    put1: inFlight(alone, 1, put),
    stockPut100: inFlight(many, 100, stockPut),
    put100: inFlight(many, 100, put),
    leaderGet1: inFlight(alone, 1, leaderGet),
    get1: inFlight(alone, 1, get),
    directGet1: inFlight(alone, 1, directGet),
    staleGet1: inFlight(alone, 1, staleGet),
    leaderGet100: inFlight(many, 100, leaderGet),
    get100: inFlight(many, 100, get),
    directGet100: inFlight(many, 100, directGet),
    staleGet100: inFlight(many, 100, staleGet),
  });
  report.section("store on NATS: values of 100 B, against the stock client on the same server");
  rateRows(report, "put, one at a time", of.put1, { to: "stock", rate: of.stockPut1, target });
  rateRows(report, "put, 100 in flight", of.put100, { to: "stock", rate: of.stockPut100, target });
  const leader = "stock, of the leader too";
  rateRows(report, "get, one at a time", of.get1, { to: leader, rate: of.leaderGet1, target });
  rateRows(report, "get, 100 in flight", of.get100, { to: leader, rate: of.leaderGet100, target });
  const replica = "stock, of any replica too";
  rateRows(report, "stale get, one at a time", of.staleGet1, { to: replica, rate: of.directGet1, target });
  rateRows(report, "stale get, 100 in flight", of.staleGet100, {
    to: replica,
    rate: of.directGet100,
    target,
  });
}
