import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { gossipEvent, governorEvent, transitionEvent, watcherEvent } from "../../../src/events/event.ts";
import { yaml } from "../../supervisor/supervise.ts";
import { runningDaemon } from "../surfaces.ts";
import { eachInBrowser } from "./browser.ts";
import { button, isGone, labelled, named, says, withText } from "./on-page.ts";
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
        transitionEvent(
          { ...subject, machine },
          { transition, from: "A", to: "B", by: "person", atMs: Date.now() },
        ),
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
/** All of what the line says. */
const line = (page: Page, text: string) => lines(page).and(withText(page, text));
const moved = (page: Page, transition: string) => line(page, `A → B via ${transition} by person`);

describe("what happens", () => {
  it("is there newest first, in words, what was and what comes", async () => {
    const { url, happens } = await shown();
    happens.moves("early");
    const { page, complaints } = await open(url);
    await moved(page, "early").waitFor();
    happens.moves("late");
    happens.finds("error");
    happens.says("hello");
    happens.waits("deploys");
    await line(page, "waited in vain for deploys").waitFor();
    expect((await lines(page).allTextContents()).slice(0, 5)).toEqual([
      "waited in vain for deploys",
      "voice says on news: hello",
      "check: error",
      "A → B via late by person",
      expect.any(String),
    ]);
    const row = page.locator(".event-row", { hasText: "check: error" });
    expect(await row.locator(".badge").textContent()).toBe("exec");
    expect(await row.getAttribute("class")).toContain("bad");
    await named(row, "link", "web").click();
    await page.waitForURL(/#\/machines\/web$/);
    expect(complaints).toEqual([]);
  });

  it("many thousands: the newest 5,000 are kept, and those in sight are drawn", async () => {
    const { url, happens } = await shown();
    for (let number = 0; number < 4_000; number += 1) happens.says("x".repeat(1_000));
    const { page, complaints } = await open(url);
    await named(page, "heading", /^Events 40\d\d$/).waitFor();
    for (let number = 0; number < 2_000; number += 1) happens.moves(`step-${number}`);
    await moved(page, "step-1999").waitFor();
    await named(page, "heading", "Events 5000").waitFor();
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
    const shows = (...texts: string[]) => expect.poll(() => lines(page).allTextContents()).toEqual(texts);
    const [type, machine] = [labelled(page, "Type of event"), labelled(page, "Machine")];
    const text = labelled(page, "Text in events");
    await type.selectOption("transition");
    await shows("A → B via two by person", "A → B via one by person");
    await machine.fill("web");
    await shows("A → B via one by person");
    await machine.fill("eb");
    await shows("A → B via two by person", "A → B via one by person");
    await machine.fill("");
    await type.selectOption("exec");
    await text.fill("FULL disk");
    await shows("check: error, disk is full");
    expect(new URL(page.url()).hash).toBe("#/events?type=exec&text=FULL+disk");
    await page.reload();
    await shows("check: error, disk is full");
    happens.finds("success", { output: "disk has room" });
    happens.finds("success", { output: "disk is full of room" });
    await shows("check: success, disk is full of room", "check: error, disk is full");
    await text.fill("nothing like it");
    await button(page, "Show all events").click();
    await moved(page, "one").waitFor();
    expect(new URL(page.url()).hash).toBe("#/events");
    expect(complaints).toEqual([]);
  });
});

describe("standing still", () => {
  it("paused: what comes is counted, and shown on resume", async () => {
    const { url, happens } = await shown();
    happens.moves("before");
    const { page } = await open(`${url}?type=transition`);
    await moved(page, "before").waitFor();
    await button(page, "Pause").click();
    for (let number = 0; number < 37; number += 1) {
      happens.moves(`while-${number}`);
      happens.says("of another type");
    }
    const resume = button(page, "Resume · 37 new");
    await resume.waitFor();
    expect(await lines(page).allTextContents()).toEqual(["A → B via before by person"]);
    await resume.click();
    await moved(page, "while-36").waitFor();
    await button(page, "Pause").waitFor();
  });

  it("scrolled away: the rows that one looks at stay, until one goes back to the newest", async () => {
    const { url, happens } = await shown();
    for (let number = 0; number < 200; number += 1) happens.moves(`old-${number}`);
    const { page } = await open(`${url}?type=transition`);
    await moved(page, "old-199").waitFor();
    await page.locator(".virtual-list").evaluate((box) => box.scrollTo({ top: 50 * 34 + 7 }));
    const looked = moved(page, "old-140");
    const before = await looked.boundingBox();
    for (let number = 0; number < 500; number += 1) happens.moves(`new-${number}`);
    await named(page, "heading", /^Events 700 of \d+$/).waitFor();
    expect(await looked.boundingBox()).toEqual(before);
    await button(page, "↑ Newest").click();
    await moved(page, "new-499").waitFor();
  });
});

describe("one event", () => {
  it("has a permanent link, and is walked by keys", async () => {
    const { url, happens } = await shown();
    happens.moves("this-one");
    for (let number = 0; number < 300; number += 1) happens.moves(`other-${number}`);
    const first = await open(`${url}?text=this-one`);
    await moved(first.page, "this-one").click();
    const event = named(first.page, "region", "Event");
    expect(await event.locator("pre").textContent()).toContain('"transition": "this-one"');
    await named(event, "link", "to this event").click();
    await first.page.waitForURL(/#\/events\?id=[^&]+$/);
    const { page, complaints } = await open(first.page.url());
    const chosen = (transition: string) => moved(page, transition).and(page.locator("[aria-current=true]"));
    await chosen("this-one").waitFor();
    // It comes after the one that it is walked to from.
    await moved(page, "other-0").waitFor();
    await chosen("this-one").press("ArrowUp");
    await chosen("other-0").waitFor();
    await named(page, "link", "Close this event").click();
    await isGone(named(page, "region", "Event"));
    expect(complaints).toEqual([]);
  });

  it("that is not known any more is said to be so", async () => {
    const { url } = await shown();
    const { page } = await open(`${url}?id=abc-1`);
    await says(page, "This event is not known any more");
  });
});

describe("connections that break", () => {
  it("leave no gap and no double", async () => {
    const { daemon, happens } = await shown();
    const proxy = await pageProxy(`${daemon.url}`);
    const { page } = await open(`${proxy.url}/#/events?type=transition`);
    for (let round = 0; round < 3; round += 1) {
      happens.moves(`before-${round}`);
      await moved(page, `before-${round}`).waitFor();
      const again = page.waitForRequest(
        (request) => request.url().includes("/v1/events") && "last-event-id" in request.headers(),
      );
      proxy.cut();
      happens.moves(`during-${round}`);
      await again;
      happens.moves(`after-${round}`);
      await moved(page, `after-${round}`).waitFor();
    }
    const expected = [2, 1, 0].flatMap((round) =>
      ["after", "during", "before"].map((word) => `${word}-${round}`),
    );
    expect(await page.locator(".event-list li").allTextContents()).toEqual(
      expected.map((word) => expect.stringMatching(new RegExp(`A → B via ${word} by person$`))),
    );
  });

  it("to another run of the daemon say that some may be missing", async () => {
    const { daemon, happens } = await shown();
    const other = await shown();
    const proxy = await pageProxy(`${daemon.url}`);
    const { page } = await open(`${proxy.url}/#/events?type=transition`);
    happens.moves("first");
    await moved(page, "first").waitFor();
    other.happens.moves("second");
    proxy.leadTo(`${other.daemon.url}`);
    await moved(page, "second").waitFor();
    expect(await page.locator(".event-list .event-row").allInnerTexts()).toEqual([
      expect.stringContaining("A → B via second by person"),
      "some events are missing here",
      expect.stringContaining("A → B via first by person"),
    ]);
  });
});
