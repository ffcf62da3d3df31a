import { rm } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { yaml } from "../../supervisor/supervise.ts";
import { eachInBrowser } from "./browser.ts";
import { button, isGone, labelled, named, says } from "./on-page.ts";
import { PageDaemon } from "./page-daemon.ts";

const open = eachInBrowser();

describe("the list of machines", () => {
  it("is there, problems first, and follows what happens", async () => {
    await using daemon = await PageDaemon.start({
      "a.yaml": yaml("a"),
      "b.yaml": yaml("b"),
      "c.yaml": "name: c\nversion: 1\n",
    });
    const { page, complaints } = await open(daemon.link.href);
    expect(new URL(page.url()).search).toBe("");
    const names = page.locator(".machine-row .machine-name");
    await expect.poll(() => names.allTextContents()).toEqual(["c", "a", "b"]);
    await says(page, "1 problem");
    await daemon.ask("POST", "/v1/machines/a/transition", { transition: "go" });
    await named(page, "link", /^a B/).waitFor();
    await daemon.drop("d.yaml", yaml("d"));
    await named(page, "link", /^d A/).waitFor();
    await rm(join(daemon.dropDirectory, "b.yaml"));
    await isGone(named(page, "link", /^b A/));
    expect(complaints).toEqual([]);
  });

  it("is narrowed by typing, also after a reload, and walked by keys", async () => {
    await using daemon = await PageDaemon.start({
      "web-1.yaml": yaml("web-1"),
      "web-2.yaml": yaml("web-2"),
      "db.yaml": yaml("db"),
    });
    const { page, complaints } = await open(daemon.link.href);
    const filter = named(page, "searchbox", "Filter machines");
    const chosen = page.locator("[aria-current=true]");
    await filter.fill("WEB a");
    await says(page, "2 of 3");
    await page.reload();
    await says(page, "2 of 3");
    // The row, not the address: that is another before the list knows.
    await filter.press("ArrowDown");
    await says(chosen, "web-1");
    await filter.press("ArrowDown");
    await says(chosen, "web-2");
    expect(new URL(page.url()).hash).toMatch(/^#\/machines\/web-2/);
    await filter.fill("nothing like it");
    await says(page, "No machine matches");
    expect(complaints).toEqual([]);
  });

  it("without machines says what to do", async () => {
    await using daemon = await PageDaemon.start({});
    const { page } = await open(daemon.link.href);
    await says(page, /^Drop a machine file/);
  });
});

describe("a page that stays open", () => {
  it("says that it is stale when the daemon is killed, and is right again after its restart, without a reload", async () => {
    await using daemon = await PageDaemon.start({ "m.yaml": yaml("m") });
    const { page } = await open(daemon.link.href);
    await says(page, "live");
    await page.evaluate("globalThis.isTheSame = true");
    await daemon.kill();
    await says(page, /^stale for/);
    expect(await page.locator(".machine-name").allTextContents()).toEqual(["m"]);
    await daemon.drop("n.yaml", yaml("n"));
    await daemon.start();
    await says(page, "live");
    await named(page, "link", /^n A/).waitFor();
    expect(await page.evaluate("globalThis.isTheSame")).toBe(true);
  });

  it("lets go of its connection while nobody looks, and is right when somebody does", async () => {
    await using daemon = await PageDaemon.start();
    const { page, complaints } = await open(daemon.link.href);
    await says(page, "live");
    const hide = (isHidden: boolean) =>
      page.evaluate(`
        Object.defineProperty(document, "hidden", { value: ${isHidden}, configurable: true });
        document.dispatchEvent(new Event("visibilitychange"));
      `);
    const aborted = page.waitForEvent("requestfailed", (request) =>
      request.url().includes("machine-changes"),
    );
    await hide(true);
    await aborted;
    await daemon.ask("POST", "/v1/machines/m/transition", { transition: "go" });
    await hide(false);
    await named(page, "link", /^m B/).waitFor();
    expect(complaints).toEqual([]);
  });
});

describe("signing in", () => {
  it("whoever has no session is asked for a token; a wrong one is refused", async () => {
    await using daemon = await PageDaemon.start();
    const { page } = await open(daemon.at(""));
    await labelled(page, "Token").fill("wrong");
    await button(page, "Sign in").click();
    await says(page, "this token is not known");
    await labelled(page, "Token").fill(daemon.link.searchParams.get("token") ?? "");
    await page.keyboard.press("Enter");
    await says(page, "live");
    await button(page, "Sign out").click();
    await labelled(page, "Token").waitFor();
    await page.reload();
    await labelled(page, "Token").waitFor();
  });
});
