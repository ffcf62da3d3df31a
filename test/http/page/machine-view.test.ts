import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { runProgram } from "../../cli/program.ts";
import { yaml } from "../../supervisor/supervise.ts";
import { eachInBrowser } from "./browser.ts";
import { button, isGone, labelled, named, says, withText } from "./on-page.ts";
import { PageDaemon } from "./page-daemon.ts";

const open = eachInBrowser();

const follower = `
name: follower
version: 1.2.0
initial_state: WAIT
transitions:
  - { name: begin, from: [WAIT], destination: RUN }
  - { name: pause, from: [RUN], destination: WAIT }
watchers:
  - { name: order, type: kv, state_match: [WAIT], success_transition: begin, properties: { bucket: ORDERS, key: next, mode: watch } }
  - { name: work, type: exec, interval: 1h, state_match: [RUN], properties: { command: 'echo well done' } }
`;

/** Which state the chart shows as the current one: none or several would be said too. */
function current(page: Page): Promise<string[]> {
  return page
    .locator("svg.chart .state.current")
    .evaluateAll((states) => states.map((state) => state.getAttribute("data-state") ?? ""));
}

async function openMachine(daemon: PageDaemon, hash: string) {
  const seen = await open(daemon.link.href);
  await says(seen.page, "live");
  await seen.page.goto(daemon.at(hash));
  const [, name] = /^#\/machines\/([^?]+)/.exec(hash) ?? [];
  await named(seen.page, "heading", new RegExp(`^${name}( v|$)`)).waitFor();
  return seen;
}

describe("the chart", () => {
  it("shows where the machine is, what is legal, and moves when a key is put by another process", async () => {
    await using daemon = await PageDaemon.start({ "f.yaml": follower });
    await daemon.ask("PUT", "/v1/kv/ORDERS", {});
    const { page, complaints } = await openMachine(daemon, "#/machines/follower");
    await page.locator("svg.chart").waitFor();
    expect(await current(page)).toEqual(["WAIT"]);
    const legal = page.locator("svg.chart .line.live");
    expect(await legal.evaluateAll((all) => all.map((one) => one.getAttribute("data-transition")))).toEqual([
      "begin",
    ]);
    expect(await page.locator("[data-state=WAIT] [data-watcher]").count()).toBe(1);
    await page.evaluate("globalThis.chart = document.querySelector('svg.chart')");
    // It moves for a moment only.
    const moving = page.locator(".machine-chart.moving .line.last[data-transition=begin]");
    const hasMoved = moving.waitFor({ state: "attached" });

    const put = await runProgram(
      { directory: daemon.directory },
      ...["kv", "put", "ORDERS", "next", "42", "--data", "data"],
    );
    expect(put.stderr).toBe("");
    await hasMoved;
    expect(await current(page)).toEqual(["RUN"]);
    expect(await page.evaluate("globalThis.chart === document.querySelector('svg.chart')")).toBe(true);
    await says(page, /from WAIT via begin \(by watcher order\)$/);
    await says(page, "WAIT → RUN");
    await named(page, "img", /^Time spent since .*: RUN 100 %/).waitFor();
    await withText(page.locator(".watcher-item.active", { hasText: "work" }), "Last output").click();
    await says(page, "well done");
    expect(complaints).toEqual([]);
  });

  it("does not wait for the newest answer when an older one is there", async () => {
    await using daemon = await PageDaemon.start({ "m.yaml": yaml("m") });
    const { page } = await openMachine(daemon, "#/machines/m");
    await page.locator("svg.chart").waitFor();
    let answer = (): void => {};
    const isAskedAgain = new Promise<void>((resolve) => {
      answer = resolve;
    });
    let asked = 0;
    await page.route("**/v1/machines/m", async (route) => {
      asked += 1;
      // The second one, for which all that the daemon has told since is the reason, is never answered.
      if (asked > 1) return answer();
      await isAskedAgain;
      await route.continue();
    });
    await page.reload();
    await page.locator(".state.current[data-state=A]").waitFor();
    expect(asked).toBe(2);
  });

  it("gives each state its part of the bar of time, and no more", async () => {
    await using daemon = await PageDaemon.start({ "m.yaml": yaml("m") });
    for (const transition of ["go", "back"])
      await daemon.ask("POST", "/v1/machines/m/transition", { transition });
    const { page } = await openMachine(daemon, "#/machines/m");
    await named(page, "img", /^Time spent since /).waitFor();
    const [bar, ...parts] = await page.evaluate<{ width: number; height: number }[]>(
      "[...document.querySelectorAll('.time-bar > svg, .time-bar > svg rect')].map((part) => part.getBoundingClientRect().toJSON())",
    );
    expect(parts.map(({ height }) => height)).toEqual([12, 12]);
    expect(parts.reduce((sum, { width }) => sum + width, 0)).toBeCloseTo(bar?.width ?? 0, 0);
  });

  it("shows the watchers of a state that is chosen", async () => {
    await using daemon = await PageDaemon.start({ "f.yaml": follower });
    const { page, complaints } = await openMachine(daemon, "#/machines/follower");
    const state = button(page, "RUN");
    await state.focus();
    await page.keyboard.press("Enter");
    const watchers = named(page, "region", "Watchers in RUN");
    await says(watchers, "work");
    expect(await withText(watchers, "order").count()).toBe(0);
    expect(await state.getAttribute("aria-expanded")).toBe("true");
    await state.click();
    await isGone(watchers);
    expect(complaints).toEqual([]);
  });

  it("fills its panel, and scrolls before text becomes too small", async () => {
    await using daemon = await PageDaemon.start({
      "f.yaml": follower.replaceAll("RUN", "RUNNING_FOR_A_WHILE"),
    });
    const { page } = await openMachine(daemon, "#/machines/follower");
    const scale = () =>
      page.locator("svg.chart").evaluate((chart) => {
        const [, , width = 1] = (chart.getAttribute("viewBox") ?? "").split(" ").map(Number);
        return chart.getBoundingClientRect().width / width;
      });
    await expect.poll(scale).toBeCloseTo(1.15, 2);
    await page.setViewportSize({ width: 180, height: 400 });
    await expect.poll(scale).toBeCloseTo(0.85, 2);
  });
});

describe("firing a transition", () => {
  it("says what will happen, and does it, by keys alone", async () => {
    await using daemon = await PageDaemon.start({ "f.yaml": follower });
    const { page, complaints } = await openMachine(daemon, "#/machines/follower");
    await page.locator("svg.chart").waitFor();
    await button(page, "begin…").focus();
    await page.keyboard.press("Enter");
    const dialog = named(page, "dialog", "Fire begin?");
    await says(dialog, "follower goes WAIT → RUN.");
    await says(dialog, "In RUN these begin to look: work exec.");
    await says(dialog, "These stop: order kv.");
    await says(dialog, "Without you it is fired by: order on success.");
    await page.keyboard.press("Escape");
    await isGone(dialog);
    expect(await page.locator(":focus").textContent()).toBe("begin…");
    expect(await current(page)).toEqual(["WAIT"]);
    await page.keyboard.press("Enter");
    await button(dialog, "Cancel").waitFor();
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.locator(".state.current[data-state=RUN]").waitFor();
    await isGone(dialog);
    await says(page, /from WAIT via begin \(by session start from 127\.0\.0\.1\)$/);
    expect(await daemon.ask("GET", "/v1/machines/follower/history")).toHaveLength(1);
    expect(complaints).toEqual([]);
  });

  it("begins at a line of the chart too, and not when the machine has moved meanwhile", async () => {
    await using daemon = await PageDaemon.start({ "m.yaml": yaml("m") });
    const { page } = await openMachine(daemon, "#/machines/m");
    await button(page, /^go: A → B/).focus();
    await page.keyboard.press("Enter");
    const dialog = named(page, "dialog", "Fire go?");
    await dialog.waitFor();
    await daemon.ask("POST", "/v1/machines/m/transition", { transition: "go" });
    await says(dialog, "Meanwhile m went on to B.");
    await button(dialog, "Fire go").click();
    await says(dialog, 'machine m is in state B, not in "A": go was not fired; look at it there first');
    expect(await daemon.ask("GET", "/v1/machines/m/history")).toHaveLength(1);
  });
});

describe("data", () => {
  it("is that of the newest answer, whichever comes last", async () => {
    await using daemon = await PageDaemon.start({ "m.yaml": yaml("m") });
    await daemon.ask("PUT", "/v1/machines/m/data/color", { value: "green" });
    const { page } = await openMachine(daemon, "#/machines/m?tab=data");
    await says(page, '"green"');
    let isHeld = false;
    let late = async (): Promise<void> => undefined;
    await page.route("**/v1/machines/m", async (route) => {
      if (isHeld) return route.continue();
      isHeld = true;
      const response = await route.fetch();
      late = () => route.fulfill({ response });
      await daemon.ask("PUT", "/v1/machines/m/data/color", { value: "blue" });
    });
    await daemon.ask("PUT", "/v1/machines/m/data/color", { value: "red" });
    await says(page, '"blue"');
    const isLate = page.waitForEvent("requestfinished", (request) =>
      request.url().endsWith("/v1/machines/m"),
    );
    await Promise.all([isLate, late()]);
    await page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))");
    expect(await withText(page, '"blue"').count()).toBe(1);
  });

  it("is set and removed by dialogs that say what is there; what changed is marked", async () => {
    await using daemon = await PageDaemon.start({ "m.yaml": yaml("m") });
    await daemon.ask("PUT", "/v1/machines/m/data/release", { value: { version: "1.4.0", port: 80 } });
    const { page, complaints } = await openMachine(daemon, "#/machines/m?tab=data");
    await button(page, "Set release").click();
    const dialog = named(page, "dialog", "Set release");
    expect(await dialog.locator(".old-value").textContent()).toContain('"1.4.0"');
    const field = labelled(dialog, "New value, as JSON");
    await field.fill("{ version: 2 }");
    await says(dialog, /^That is not JSON/);
    await button(dialog, "Set release").click();
    await dialog
      .getByRole("alert")
      .filter({ hasText: /^That is not JSON/ })
      .waitFor();
    await field.fill('{ "version": "1.5.0", "port": 80 }');
    await button(dialog, "Set release").click();
    await isGone(dialog);
    await page.locator(".json-leaf.changed", { hasText: 'version "1.5.0" was "1.4.0"' }).waitFor();
    expect(await page.locator(".changed").count()).toBe(1);
    await says(page, /^Changed \d+s ago: in release\.$/);

    await button(page, "Set an item…").click();
    const newItem = named(page, "dialog", "Set an item");
    await newItem.waitFor();
    await page.keyboard.type("count");
    await says(newItem, "There is no count now: it will be new.");
    await page.keyboard.press("Tab");
    await page.keyboard.type("3");
    await button(newItem, "Set count").click();
    await page.locator(".json-leaf.changed", { hasText: "count 3 new" }).waitFor();
    await button(page, "Remove count").click();
    await button(named(page, "dialog", "Remove count?"), "Remove count").click();
    await isGone(page.locator(".json-leaf", { hasText: "count" }));
    expect(await daemon.ask("GET", "/v1/machines/m/data")).toEqual({
      release: { version: "1.5.0", port: 80 },
    });
    expect(complaints).toEqual([]);
  });
});

describe("the definition", () => {
  it("is shown with numbered lines", async () => {
    await using daemon = await PageDaemon.start({ "f.yaml": `# Follows a key.${follower}` });
    const { page, complaints } = await openMachine(daemon, "#/machines/follower");
    await named(page, "link", "definition").click();
    await page.locator(".yaml").waitFor();
    expect(await page.locator(".yaml").textContent()).toBe(`# Follows a key.${follower}`);
    expect(await page.locator(".yaml-comment").allTextContents()).toEqual(["# Follows a key."]);
    expect(await page.locator(".yaml-key").nth(1).textContent()).toBe("version");
    expect(complaints).toEqual([]);
  });

  it("with faults shows where they are, and says what runs on", async () => {
    await using daemon = await PageDaemon.start({
      "m.yaml": yaml("m"),
      "bad.yaml": "name: bad\nversion: 1.0.0\ninitial_stat: A\n",
    });
    const { page, complaints } = await openMachine(daemon, "#/machines/bad");
    const faults = named(page, "alert", "What is wrong");
    await says(faults, "This machine does not run.");
    await page.locator(".fault-frame", { hasText: "> 3 | initial_stat: A" }).waitFor();
    await page.goto(daemon.at("#/machines/m"));
    await page.locator(".state.current[data-state=A]").waitFor();
    await daemon.drop("m.yaml", yaml("m").replace("destination: B", "destinatio: B"));
    await says(faults, /The last good definition, version 1\.0\.0, runs on;/);
    await page.locator(".fault-frame", { hasText: "destinatio" }).first().waitFor();
    expect(await current(page)).toEqual(["A"]);
    await named(page, "link", "definition").click();
    await page.locator(".yaml-line.error", { hasText: "destinatio" }).waitFor();
    await daemon.drop("m.yaml", yaml("m"));
    await isGone(faults);
    expect(complaints).toEqual([]);
  });
});

describe("a machine that is not there", () => {
  it("is said to be gone when it goes, and is back when its file is", async () => {
    await using daemon = await PageDaemon.start({ "m.yaml": yaml("m"), "n.yaml": yaml("n") });
    const { page, complaints } = await openMachine(daemon, "#/machines/m");
    await rm(join(daemon.dropDirectory, "m.yaml"));
    await says(page, /^Gone since /);
    await daemon.drop("m.yaml", yaml("m"));
    await named(page, "heading", "m v1.0.0").waitFor();
    await page.goto(daemon.at("#/machines/nobody"));
    await says(page, "There is no machine nobody");
    expect(complaints).toEqual([]);
  });
});

it("offers nothing that may not be done", async () => {
  await using daemon = await PageDaemon.start({ "m.yaml": yaml("m") });
  const { page } = await open(daemon.link.href);
  await page.route("**/v1/session", async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, json: { ...(await answer.json()), scopes: ["read"] } });
  });
  await page.goto(daemon.at("#/machines/m?tab=data"));
  await page.reload();
  await says(page, "No data");
  expect(await button(page, /…$/).count()).toBe(0);
  await named(page, "link", "definition").click();
  await says(page, /it is shown to whoever has scope admin\.$/);
  await named(page, "link", "chart").click();
  await button(page, /^A: current state/).waitFor();
  expect(await button(page, /→/).count()).toBe(0);
});

describe("a pause", () => {
  it("is begun and ended by a button, and says since when and by whom", async () => {
    await using daemon = await PageDaemon.start({ "m.yaml": yaml("m") });
    const { page, complaints } = await openMachine(daemon, "#/machines/m");
    await button(page, "Pause m").click();
    await says(page, /^Paused for .* by session start from 127\.0\.0\.1: its watchers do not look\.$/);
    expect(await page.locator(".machine-head .badge").getAttribute("title")).toBe("paused");
    const ask = { directory: daemon.directory };
    const shown = await runProgram(ask, "show", "m", "--json", "--data", "data");
    expect(JSON.parse(shown.stdout)).toMatchObject({ health: "paused" });
    await page.goto(daemon.at("#/events"));
    await says(page, /paused in A by session start from 127\.0\.0\.1$/);
    await page.goto(daemon.at("#/machines/m"));
    await button(page, "Resume m").click();
    await button(page, "Pause m").waitFor();
    expect(complaints).toEqual([]);
  });
});
