/** Every view of the page with something in it, for those who look at all of them. */
import { join } from "node:path";
import type { Locator, Page } from "playwright-core";
import { openStore } from "../../../src/kv/open.ts";
import { makeGovernor } from "../../../src/machine/governor-bucket.ts";
import { SimulatedClock } from "../../simulated-clock.ts";
import { yaml } from "../../supervisor/supervise.ts";
import { putDeadMessage } from "../dead-message.ts";
import { isGone, named, withText } from "./on-page.ts";
import { PageDaemon } from "./page-daemon.ts";

const watched = `
  - { name: ok, type: exec, interval: 1h, properties: { command: 'true' } }
  - { name: broken, type: exec, interval: 1h, properties: { command: 'false' } }
  - { name: later, type: timer, state_match: [B], properties: { timer: 1h } }
`;

interface View {
  readonly hash: string;
  /** What comes last, and was not in the view before. */
  readonly shows: (page: Page) => Locator;
}

const machine = (tab: string, shows: View["shows"]): View => ({ hash: `#/machines/web?tab=${tab}`, shows });

export const views = {
  machines: { hash: "#/machines", shows: (page) => withText(page, "No machine chosen") },
  machine: machine("chart", (page) => named(page, "img", /^Time spent since /)),
  "machine-data": machine("data", (page) => withText(page, "release")),
  "machine-definition": machine("definition", (page) => page.locator(".yaml")),
  "machine-faulty": { hash: "#/machines/faulty", shows: (page) => page.locator(".fault-frame") },
  events: { hash: "#/events", shows: (page) => page.locator(".event-link") },
  buckets: { hash: "#/kv", shows: (page) => named(named(page, "list", "Buckets"), "link", /^CONFIG/) },
  keys: { hash: "#/kv/CONFIG", shows: (page) => withText(page, "Last revision") },
  entry: { hash: "#/kv/CONFIG/web.version", shows: (page) => page.getByRole("insertion") },
  governors: { hash: "#/governors", shows: (page) => withText(page, "1 of 3 taken") },
  topics: { hash: "#/topics", shows: (page) => named(page, "region", "orders") },
  status: { hash: "#/status", shows: (page) => withText(page, '"north"') },
} satisfies Readonly<Record<string, View>>;

/** Goes there, and waits until all of it is there: not what was there before. */
export async function goToView(page: Page, daemon: PageDaemon, { hash, shows }: View): Promise<void> {
  await page.goto(daemon.at(hash));
  // On a narrow screen it may be out of sight.
  await shows(page).first().waitFor({ state: "attached" });
  await isGone(page.locator(".waiting"));
}

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
