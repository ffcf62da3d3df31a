import { expect, it } from "vitest";
import { eachInBrowser } from "./browser.ts";
import { says } from "./on-page.ts";
import { PageDaemon } from "./page-daemon.ts";

const open = eachInBrowser();

const machine = `
name: m
version: 1.0.0
initial_state: READY
transitions:
  - { name: take, from: [READY], destination: BUSY }
  - { name: ready, from: [BUSY], destination: READY }
watchers:
  - name: jobs
    type: kv
    state_match: [READY]
    success_transition: take
    properties: { bucket: JOBS, mode: watch, deliver: every }
`;

it("shows how many revisions a watcher missed, with the machine's watchers", async () => {
  await using daemon = await PageDaemon.start({ "m.yaml": machine });
  await daemon.ask("PUT", "/v1/kv/JOBS", { history: 2 });
  await daemon.ask("PUT", "/v1/kv/JOBS/entries/job", { value: "1" });
  const { page, complaints } = await open(daemon.link.href);
  await says(page, "live");
  await page.goto(daemon.at("#/machines/m"));
  await page.locator(".state.current[data-state=BUSY]").waitFor();
  for (const value of ["2", "3", "4", "5"]) await daemon.ask("PUT", "/v1/kv/JOBS/entries/job", { value });
  await daemon.ask("POST", "/v1/machines/m/transition", { transition: "ready" });
  await says(page, "missed 2 revisions of bucket JOBS");
  expect(complaints).toEqual([]);
});
