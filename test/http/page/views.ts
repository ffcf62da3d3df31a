/** Every view of the page with something in it, for those who look at all of them. */
import { yaml } from "../../supervisor/supervise.ts";
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
    "../topics/orders/handle/index.js": "exports.process = async () => { throw new Error('no stock'); };",
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
  return daemon;
}
