import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { gossipEvent, governorEvent, transitionEvent, watcherEvent } from "../../../src/events/event.ts";
import { yaml } from "../../supervisor/supervise.ts";
import { runningDaemon } from "../surfaces.ts";
import { eachInBrowser } from "./browser.ts";
import { pageProxy } from "./page-proxy.ts";

const open = eachInBrowser();
const config = "http: { listen: 127.0.0.1:0, open: true }";

async function shown() {
  const { daemon } = await runningDaemon({ "web.yaml": yaml("web"), "web-2.yaml": yaml("web-2") }, config);
  return { daemon, url: `${daemon.url}/#/events`, happens: happensAt(daemon) };
}

function happensAt({ bus }: Awaited<ReturnType<typeof runningDaemon>>["daemon"]) {
  const subject = { identity: "host", id: "1", version: "1", machine: "web" };
  return {
    moves: (transition: string, machine = "web") =>
      bus.publish(
        transitionEvent({ ...subject, machine }, { transition, from: "A", to: "B", atMs: Date.now() }),
      ),
    finds: (state: string, detail = {}) =>
      bus.publish(
        watcherEvent(subject, { name: "check", type: "exec", detail: { state, ...detail } }, Date.now()),
      ),
    says: (payload: string) =>
      bus.publish(gossipEvent(subject, { name: "voice", subject: "news", payload }, Date.now())),
    waits: (governor: string) => {
      const happened = { identity: "host", component: "web", governor, sequence: 0 };
      bus.publish(governorEvent({ ...happened, event_type: "timeouts" }, Date.now()));
    },
  };
}

const lines = (page: Page) => page.locator(".event-link");
const moves = (page: Page) => lines(page).filter({ hasText: /^A → B by / });
const line = (page: Page, text: string | RegExp) => lines(page).filter({ hasText: text });

describe("what happens", () => {
  it("is there newest first, in words, what was and what comes", async () => {
    const { url, happens } = await shown();
    happens.moves("early");
    const { page, complaints } = await open(url);
    await line(page, "A → B by early").waitFor();
    happens.moves("late");
    happens.finds("error");
    happens.says("hello");
    happens.waits("deploys");
    await line(page, "waited in vain for deploys").waitFor();
    expect((await lines(page).allTextContents()).slice(0, 5)).toEqual([
      "waited in vain for deploys",
      "voice says on news: hello",
      "check: error",
      "A → B by late",
      expect.any(String),
    ]);
    const row = page.locator(".event-row", { hasText: "check: error" });
    expect(await row.locator(".badge").textContent()).toBe("exec");
    expect(await row.getAttribute("class")).toContain("bad");
    await row.getByRole("link", { name: "web" }).click();
    await page.waitForURL(/#\/machines\/web$/);
    expect(complaints).toEqual([]);
  });

  it("many thousands: the newest 5,000 are kept, and those in sight are drawn", async () => {
    const { url, happens } = await shown();
    for (let number = 0; number < 4_000; number += 1) happens.says("x".repeat(1_000));
    const { page, complaints } = await open(url);
    await page.getByRole("heading", { name: /^Events 40\d\d$/ }).waitFor();
    for (let number = 0; number < 2_000; number += 1) happens.moves(`step-${number}`);
    await line(page, "by step-1999").waitFor();
    await page.getByRole("heading", { name: "Events 5000" }).waitFor();
    expect(await lines(page).count()).toBeLessThan(60);
    expect(complaints).toEqual([]);
  });
});

describe("filters", () => {
  it("are in the address, so a reload and others see the same", async () => {
    const { url, happens } = await shown();
    happens.moves("one");
    happens.moves("two", "web-2");
    happens.finds("error", { output: "disk is full" });
    const { page, complaints } = await open(url);
    await page.getByLabel("Type of event").selectOption("transition");
    await page.getByLabel("Machine", { exact: true }).fill("web");
    await line(page, "by two").waitFor({ state: "detached" });
    expect(await lines(page).allTextContents()).toEqual(["A → B by one"]);
    await page.getByLabel("Machine", { exact: true }).fill("eb");
    await line(page, "by two").waitFor();
    await page.getByLabel("Machine", { exact: true }).fill("");
    await page.getByLabel("Type of event").selectOption("exec");
    await page.getByLabel("Text in events").fill("FULL disk");
    await line(page, "disk is full").waitFor();
    expect(new URL(page.url()).hash).toBe("#/events?type=exec&text=FULL+disk");
    await page.reload();
    await line(page, "disk is full").waitFor();
    expect(await lines(page).count()).toBe(1);
    happens.finds("success", { output: "disk has room" });
    happens.finds("success", { output: "disk is full of room" });
    await line(page, "full of room").waitFor();
    expect(await lines(page).count()).toBe(2);
    await page.getByLabel("Text in events").fill("nothing like it");
    await page.getByRole("button", { name: "Show all events" }).click();
    await line(page, "by one").waitFor();
    expect(new URL(page.url()).hash).toBe("#/events");
    expect(complaints).toEqual([]);
  });
});

describe("standing still", () => {
  it("paused: what comes is counted, and shown on resume", async () => {
    const { url, happens } = await shown();
    happens.moves("before");
    const { page } = await open(`${url}?type=transition`);
    await line(page, "by before").waitFor();
    await page.getByRole("button", { name: "Pause" }).click();
    for (let number = 0; number < 37; number += 1) {
      happens.moves(`while-${number}`);
      happens.says("of another type");
    }
    await page.getByRole("button", { name: "Resume · 37 new" }).waitFor();
    expect(await lines(page).allTextContents()).toEqual(["A → B by before"]);
    await page.getByRole("button", { name: "Resume" }).click();
    await line(page, "by while-36").waitFor();
    await page.getByRole("button", { name: "Pause" }).waitFor();
  });

  it("scrolled away: the rows that one looks at stay, until one goes back to the newest", async () => {
    const { url, happens } = await shown();
    for (let number = 0; number < 200; number += 1) happens.moves(`old-${number}`);
    const { page } = await open(url);
    await line(page, "by old-199").waitFor();
    await page.locator(".virtual-list").evaluate((box) => box.scrollTo({ top: 50 * 34 + 7 }));
    const looked = line(page, /by old-140$/);
    const before = await looked.boundingBox();
    for (let number = 0; number < 500; number += 1) happens.moves(`new-${number}`);
    await page.getByRole("heading", { name: /^Events 7\d\d$/ }).waitFor();
    expect(await looked.boundingBox()).toEqual(before);
    await page.getByRole("button", { name: "Newest" }).click();
    await line(page, "by new-499").waitFor();
  });
});

describe("one event", () => {
  it("has a permanent link, and is walked by keys", async () => {
    const { url, happens } = await shown();
    happens.moves("this-one");
    for (let number = 0; number < 300; number += 1) happens.moves(`other-${number}`);
    const first = await open(`${url}?text=this-one`);
    await line(first.page, "by this-one").click();
    const event = first.page.getByRole("region", { name: "Event", exact: true });
    expect(await event.locator("pre").textContent()).toContain('"transition": "this-one"');
    await event.getByRole("link", { name: "to this event" }).click();
    await first.page.waitForURL(/#\/events\?id=[^&]+$/);
    const { page, complaints } = await open(first.page.url());
    const chosen = page.locator(".event-row.chosen");
    await chosen.waitFor();
    expect(await chosen.textContent()).toContain("by this-one");
    await chosen.getByRole("link", { name: /this-one/ }).press("ArrowUp");
    await page.locator(".chosen", { hasText: "by other-0" }).waitFor();
    await page.getByRole("link", { name: "Close this event" }).click();
    await page.getByRole("region", { name: "Event", exact: true }).waitFor({ state: "detached" });
    expect(complaints).toEqual([]);
  });

  it("that is not known any more is said to be so", async () => {
    const { url } = await shown();
    const { page } = await open(`${url}?id=abc-1`);
    await page.getByText("This event is not known any more").waitFor();
  });
});

describe("connections that break", () => {
  it("leave no gap and no double", async () => {
    const { daemon, happens } = await shown();
    const proxy = await pageProxy(`${daemon.url}`);
    const { page } = await open(`${proxy.url}/#/events?type=transition`);
    for (let round = 0; round < 3; round += 1) {
      happens.moves(`before-${round}`);
      await line(page, `by before-${round}`).waitFor();
      const again = page.waitForRequest(
        (request) => request.url().includes("/v1/events") && "last-event-id" in request.headers(),
      );
      proxy.cut();
      happens.moves(`during-${round}`);
      await again;
      happens.moves(`after-${round}`);
      await line(page, `by after-${round}`).waitFor();
    }
    const expected = [2, 1, 0].flatMap((round) =>
      ["after", "during", "before"].map((word) => `${word}-${round}`),
    );
    expect(await moves(page).allTextContents()).toEqual(expected.map((word) => `A → B by ${word}`));
    expect(await page.getByText("some events are missing here").count()).toBe(0);
  });

  it("to another run of the daemon say that some may be missing", async () => {
    const { daemon, happens } = await shown();
    const other = await shown();
    const proxy = await pageProxy(`${daemon.url}`);
    const { page } = await open(`${proxy.url}/#/events?type=transition`);
    happens.moves("first");
    await line(page, "by first").waitFor();
    other.happens.moves("second");
    proxy.leadTo(`${other.daemon.url}`);
    await line(page, "by second").waitFor();
    expect(await page.locator(".event-list .event-row").allInnerTexts()).toEqual([
      expect.stringContaining("A → B by second"),
      "some events are missing here",
      expect.stringContaining("A → B by first"),
    ]);
  });
});
