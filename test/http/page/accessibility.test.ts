/** What a program can see of whether people can use the page who do not see it, or not well. */
import axe from "axe-core";
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { eachInBrowser } from "./browser.ts";
import { daemonWithViews, views } from "./views.ts";

const open = eachInBrowser();

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
}

/** What opens each dialog, in which view. Those of keys and buckets are in the tests of that view. */
const dialogs = {
  "fire a transition": { view: "machine", button: "back…" },
  "set an item": { view: "machine-data", button: "Set release" },
  "remove an item": { view: "machine-data", button: "Remove release" },
  evict: { view: "governors", button: /^Evict web on host-7/ },
  "try a message again": { view: "topics", button: "Try again: orders.order-1" },
  "drop a message": { view: "topics", button: "Drop orders.order-1" },
};

async function faults(page: Page): Promise<unknown[]> {
  const { violations } = await page.evaluate<{ violations: Violation[] }>("axe.run(document)");
  return violations.map(({ id, nodes }) => [
    id,
    nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`),
  ]);
}

describe.each(["light", "dark"] as const)("in the %s theme", (colorScheme) => {
  it("no view and no dialog has a violation", async () => {
    await using daemon = await daemonWithViews();
    // The checker itself may not break the rules of the page; that the page keeps them is tested elsewhere.
    const { page } = await open(daemon.at(""), { colorScheme, bypassCSP: true, reducedMotion: "reduce" });
    await page.getByLabel("Token").waitFor();
    await page.evaluate(axe.source);
    const found: Record<string, unknown> = { "sign in": await faults(page) };
    await page.goto(daemon.link.href);
    await page.getByText("live", { exact: true }).waitFor();
    await page.evaluate(axe.source);
    const look = async (view: string): Promise<void> => {
      await page.goto(daemon.at(views[view] ?? ""));
      await page.locator("main :is(h1, h2):visible").first().waitFor();
      await page.locator(".waiting").waitFor({ state: "detached" });
    };
    for (const view of Object.keys(views)) {
      await look(view);
      found[view] = await faults(page);
    }
    for (const [dialog, { view, button }] of Object.entries(dialogs)) {
      await look(view);
      await page.getByRole("button", { name: button }).click();
      await page.getByRole("dialog").waitFor();
      found[dialog] = await faults(page);
      await page.keyboard.press("Escape");
      await page.getByRole("dialog").waitFor({ state: "detached" });
    }
    const none = ["sign in", ...Object.keys(views), ...Object.keys(dialogs)].map((name) => [name, []]);
    expect(found).toEqual(Object.fromEntries(none));
  });
});
