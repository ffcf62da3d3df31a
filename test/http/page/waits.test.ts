import { join } from "node:path";
import { expect, it } from "vitest";
import { openStore } from "../../../src/kv/open.ts";
import { makeGovernor } from "../../../src/machine/governor-bucket.ts";
import { eachInBrowser } from "./browser.ts";
import { says } from "./on-page.ts";
import { PageDaemon } from "./page-daemon.ts";

const open = eachInBrowser();

const machine = `
name: m
version: 1.0.0
initial_state: READY
rate_limit: { delays: [0s, 1h] }
transitions:
  - { name: take, from: [READY], destination: BUSY }
  - { name: ready, from: [BUSY], destination: READY }
watchers:
  - name: work
    type: exec
    state_match: [BUSY]
    success_transition: ready
    properties: { command: "true", governor: jobs }
`;

it("shows a watcher that waits for a governor's slot, and a transition that waits for the rate limit", async () => {
  await using daemon = await PageDaemon.start({ "m.yaml": machine });
  await using store = await openStore(`lmdb:${join(daemon.directory, "data/store")}`);
  const { governor } = await makeGovernor(store, "jobs", { capacity: 1 });
  await using slot = await governor.acquire({ owner: "other" });
  const { page, complaints } = await open(daemon.link.href);
  await says(page, "live");
  await page.goto(daemon.at("#/machines/m"));
  await daemon.ask("POST", "/v1/machines/m/transition", { transition: "take" });
  await says(page, /^waiting \d+s: governor jobs · has not looked yet$/);
  await slot.release();
  await says(page, /^ready: waiting \d+\.\d s: rate limit \(by watcher work\)$/);
  expect(complaints).toEqual([]);
});
