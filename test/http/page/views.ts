/** Every view of the page with something in it, for those who look at all of them. */
import { join } from "node:path";
import { openStore } from "../../../src/kv/open.ts";
import { makeGovernor } from "../../../src/machine/governor-bucket.ts";
import { SimulatedClock } from "../../simulated-clock.ts";
import { yaml } from "../../supervisor/supervise.ts";
import { putDeadMessage } from "../dead-message.ts";
import { PageDaemon } from "./page-daemon.ts";

const watched = `
  - { name: ok, type: exec, interval: 1h, properties: { command: 'true' } }
  - { name: broken, type: exec, interval: 1h, properties: { command: 'false' } }
  - { name: later, type: timer, state_match: [B], properties: { timer: 1h } }
`;

/** Name → where it is. */
export const views: Readonly<Record<string, string>> = {
  machines: "#/machines",
  machine: "#/machines/web",
  "machine-data": "#/machines/web?tab=data",
  "machine-definition": "#/machines/web?tab=definition",
  "machine-faulty": "#/machines/faulty",
  events: "#/events",
  buckets: "#/kv",
  keys: "#/kv/CONFIG",
  entry: "#/kv/CONFIG/web.version",
  governors: "#/governors",
  topics: "#/topics",
  status: "#/status",
};

/** A daemon that has something for each of them. */
export async function daemonWithViews(): Promise<PageDaemon> {
  const daemon = await PageDaemon.start({
    "web.yaml": yaml("web", watched),
    "db.yaml": yaml("db"),
    "faulty.yaml": "name: faulty\nversion: 1.0.0\ninitial_stat: A\n",
    "../machinist.yaml": "facts: facts.json\n",
    "../facts.json": JSON.stringify({ site: "north", disks: [{ name: "sda", gib: 252 }], spare: null }),
    "../topics/orders/log/index.js": "exports.process = async () => { throw new Error('no stock'); };",
  });
  await daemon.ask("POST", "/v1/machines/web/transition", { transition: "go" });
  await daemon.ask("PUT", "/v1/machines/web/data/release", {
    value: { version: "1.4.0", checks: [true, null, 3] },
  });
  await daemon.ask("PUT", "/v1/kv/CONFIG", { history: 5, maxBytes: 1_000_000 });
  for (const version of ["1.3.0", "1.4.0"])
    await daemon.ask("PUT", "/v1/kv/CONFIG/entries/web.version", {
      value: JSON.stringify({ version, port: 80 }),
    });
  await daemon.ask("PUT", "/v1/kv/CONFIG/entries/web.color", { value: "green" });
  await fillStore(daemon);
  return daemon;
}

/** A governor with a slot that is taken, and a message that nobody handles any more. */
async function fillStore({ directory }: PageDaemon): Promise<void> {
  const store = await openStore(`lmdb:${join(directory, "data/store")}`);
  try {
    const { governor } = await makeGovernor(store, "deploys", { capacity: 3, ttlMs: 3_600_000 });
    // Nobody renews it or gives it back: it is held until its time is over.
    await governor.acquire({ owner: "web on host-7", clock: new SimulatedClock() });
    await putDeadMessage(store, "orders", "order-1");
  } finally {
    await store.close();
  }
}
