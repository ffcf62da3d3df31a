/** The page in a real browser: what it weighs, how soon it shows, and whether its frames keep coming while much happens. */
import { setTimeout as sleep } from "node:timers/promises";
import { type Browser, chromium, type Page } from "playwright-core";
import { readPage } from "../../src/http/page-assets.ts";
import { PageDaemon } from "../http/page/page-daemon.ts";
import { findChromium } from "../setup/find-chromium.ts";
import { percentile, type Report } from "./measure.ts";

const machines = 2_000;
const perSecond = 200;
const seconds = 10;
/** Senders by turns: each waits for its answer. */
const lanes = 8;

const machine = (name: string): string => `
name: ${name}
version: 1.0.0
initial_state: A
rate_limit: false
transitions:
  - { name: go, from: [A], destination: B }
  - { name: back, from: [B], destination: A }
watchers:
  - { name: alarm, type: timer, state_match: [A], fail_transition: go, properties: { timer: 1d } }
  - { name: other, type: timer, state_match: [B], fail_transition: back, properties: { timer: 1d } }
`;

export async function benchPage(report: Report): Promise<void> {
  report.section(`the page, ${machines} machines, ${perSecond} transitions a second`);
  const names = Array.from({ length: machines }, (_, index) => `machine-${String(index).padStart(4, "0")}`);
  await using daemon = await PageDaemon.start(
    {
      // The sender is one address, and asks more than any limit in earnest would let it.
      "../machinist.yaml": "http: { listen: 127.0.0.1:0, rate: 1000000000 }\n",
      ...Object.fromEntries(names.map((name) => [`${name}.yaml`, machine(name)])),
    },
    "--log-level",
    "error",
  );
  const browser = await chromium.launch({ executablePath: findChromium(), args: ["--no-sandbox"] });
  try {
    await weigh(report);
    await benchFirstChart(report, daemon, browser);
    await benchFrames(report, daemon, browser);
  } finally {
    await browser.close();
  }
}

async function weigh(report: Report): Promise<void> {
  const files = await Promise.all([...readPage().assets.values()].map((asset) => asset.compressed("br")));
  const bytes = files.reduce((sum, { length }) => sum + length, 0);
  report.row({ name: "weight, compressed", value: bytes / 1000, unit: "kB", target: "<= 100 kB" });
}

/** Says when the chart is there: this program hears of it later. */
const markChart = `
  const observer = new MutationObserver(() => {
    if (!document.querySelector("svg .state.current")) return;
    performance.mark("chart");
    observer.disconnect();
  });
  observer.observe(document, { childList: true, subtree: true });
`;

/** From the address to a chart that is drawn, for a browser that has been here. */
async function benchFirstChart(report: Report, daemon: PageDaemon, browser: Browser): Promise<void> {
  const times: number[] = [];
  for (let round = 0; round < 5; round += 1) {
    const page = await signedIn(daemon, browser);
    await page.goto("about:blank");
    await page.addInitScript(markChart);
    await page.goto(daemon.at("#/machines/machine-0001"));
    await page.locator("svg .state.current").first().waitFor();
    times.push(await page.evaluate<number>("performance.getEntriesByName('chart')[0].startTime"));
    await page.context().close();
  }
  const value = percentile(times, 0.5);
  report.row({ name: "time to the first chart, median of 5", value, unit: "ms", target: "<= 300 ms" });
}

async function benchFrames(report: Report, daemon: PageDaemon, browser: Browser): Promise<void> {
  for (const [view, hash] of [
    ["list", "#/machines"],
    ["one machine", "#/machines/machine-0000"],
    ["events", "#/events"],
  ] as const) {
    const page = await signedIn(daemon, browser);
    await page.goto(daemon.at(hash));
    await page.locator("main :is(h1, h2):visible").first().waitFor();
    const frames = page.evaluate<number[]>(`new Promise((resolve) => {
      const frames = [];
      const begin = performance.now();
      let last = begin;
      const frame = (now) => {
        frames.push(now - last);
        last = now;
        if (now - begin < ${seconds * 1000}) requestAnimationFrame(frame);
        else resolve(frames.slice(1));
      };
      requestAnimationFrame(frame);
    })`);
    const [sent, times] = await Promise.all([drive(daemon), frames]);
    report.row({ name: `${view}: transitions`, value: sent, unit: "/s" });
    report.row({ name: `${view}: time between frames, p50`, value: percentile(times, 0.5), unit: "ms" });
    report.row({
      name: `${view}: time between frames, p99`,
      value: percentile(times, 0.99),
      unit: "ms",
      target: "<= 50 ms",
    });
    report.row({ name: `${view}: longest time between frames`, value: Math.max(...times), unit: "ms" });
    await page.context().close();
  }
}

async function signedIn(daemon: PageDaemon, browser: Browser): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1360, height: 900 } });
  const page = await context.newPage();
  await page.goto(daemon.link.href);
  await page.getByText("live", { exact: true }).waitFor();
  return page;
}

/** @returns how many there were in a second */
async function drive(daemon: PageDaemon): Promise<number> {
  const begin = performance.now();
  let sent = 0;
  const lane = async (first: number): Promise<void> => {
    for (let nth = first; nth < perSecond * seconds; nth += lanes) {
      const dueMs = (nth * 1000) / perSecond - (performance.now() - begin);
      if (dueMs > 1) await sleep(dueMs);
      if (performance.now() - begin > seconds * 1000) return;
      const name = `machine-${String(nth % 40).padStart(4, "0")}`;
      const { transitions } = (await daemon.ask("GET", `/v1/machines/${name}`)) as { transitions: string[] };
      await daemon.ask("POST", `/v1/machines/${name}/transition`, { transition: transitions[0] });
      sent += 1;
    }
  };
  await Promise.all(Array.from({ length: lanes }, (_, first) => lane(first)));
  return (sent * 1000) / (performance.now() - begin);
}
