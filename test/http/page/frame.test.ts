import { rm } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { yaml } from "../../supervisor/supervise.ts";
import { eachInBrowser } from "./browser.ts";
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
    await names.nth(2).waitFor();
    expect(await names.allTextContents()).toEqual(["c", "a", "b"]);
    await page.getByText("1 problem").waitFor();
    await daemon.ask("POST", "/v1/machines/a/transition", { transition: "go" });
    await page.getByRole("link", { name: /^a B/ }).waitFor();
    await daemon.drop("d.yaml", yaml("d"));
    await page.getByRole("link", { name: /^d A/ }).waitFor();
    await rm(join(daemon.dropDirectory, "b.yaml"));
    await page.getByRole("link", { name: /^b A/ }).waitFor({ state: "detached" });
    expect(complaints).toEqual([]);
  });

  it("is narrowed by typing, also after a reload, and walked by keys", async () => {
    await using daemon = await PageDaemon.start({
      "web-1.yaml": yaml("web-1"),
      "web-2.yaml": yaml("web-2"),
      "db.yaml": yaml("db"),
    });
    const { page, complaints } = await open(daemon.link.href);
    await page.getByRole("searchbox", { name: "Filter machines" }).fill("WEB a");
    await page.getByText("2 of 3").waitFor();
    await page.reload();
    await page.getByText("2 of 3").waitFor();
    await page.getByRole("searchbox").press("ArrowDown");
    await page.waitForURL(/#\/machines\/web-1/);
    await page.getByRole("searchbox").press("ArrowDown");
    await page.waitForURL(/#\/machines\/web-2/);
    expect(await page.locator("[aria-current=true]").textContent()).toContain("web-2");
    await page.getByRole("searchbox").fill("nothing like it");
    await page.getByText("No machine matches").waitFor();
    expect(complaints).toEqual([]);
  });

  it("without machines says what to do", async () => {
    await using daemon = await PageDaemon.start({});
    const { page } = await open(daemon.link.href);
    await page.getByText("Drop a machine file").waitFor();
  });
});

describe("a page that stays open", () => {
  it("says that it is stale when the daemon is killed, and is right again after its restart, without a reload", async () => {
    await using daemon = await PageDaemon.start({ "m.yaml": yaml("m") });
    const { page } = await open(daemon.link.href);
    await page.getByText("live", { exact: true }).waitFor();
    await page.evaluate("globalThis.isTheSame = true");
    await daemon.kill();
    await page.getByText(/^stale for/).waitFor();
    expect(await page.locator(".machine-name").allTextContents()).toEqual(["m"]);
    await daemon.drop("n.yaml", yaml("n"));
    await daemon.start();
    await page.getByText("live", { exact: true }).waitFor();
    await page.getByRole("link", { name: /^n A/ }).waitFor();
    expect(await page.evaluate("globalThis.isTheSame")).toBe(true);
  });

  it("lets go of its connection while nobody looks, and is right when somebody does", async () => {
    await using daemon = await PageDaemon.start();
    const { page, complaints } = await open(daemon.link.href);
    await page.getByText("live", { exact: true }).waitFor();
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
    await page.getByRole("link", { name: /^m B/ }).waitFor();
    expect(complaints).toEqual([]);
  });
});

describe("signing in", () => {
  it("whoever has no session is asked for a token; a wrong one is refused", async () => {
    await using daemon = await PageDaemon.start();
    const { page } = await open(daemon.at(""));
    await page.getByLabel("Token").fill("wrong");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByText("this token is not known").waitFor();
    await page.getByLabel("Token").fill(daemon.link.searchParams.get("token") ?? "");
    await page.keyboard.press("Enter");
    await page.getByText("live", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByLabel("Token").waitFor();
    await page.reload();
    await page.getByLabel("Token").waitFor();
  });
});
