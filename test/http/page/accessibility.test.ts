/** What a program can see of whether people can use the page who do not see it, or not well. */
import axe from "axe-core";
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { eachInBrowser } from "./browser.ts";
import { button, isGone, labelled, named, says } from "./on-page.ts";
import { daemonWithViews, goToView, views } from "./views.ts";

const open = eachInBrowser();

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
}

/** What opens each dialog, in which view. Those of keys and buckets are in the tests of that view. */
const dialogs = {
  "Fire back?": { view: "machine", opener: "back…" },
  "Set release": { view: "machine-data", opener: "Set release" },
  "Remove release?": { view: "machine-data", opener: "Remove release" },
  "Evict from deploys?": { view: "governors", opener: /^Evict web on host-7/ },
  "Try this message again?": { view: "topics", opener: "Try again: orders.order-1" },
  "Drop this message?": { view: "topics", opener: "Drop orders.order-1" },
} as const;

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
    await labelled(page, "Token").waitFor();
    await page.evaluate(axe.source);
    const found: Record<string, unknown> = { "sign in": await faults(page) };
    await page.goto(daemon.link.href);
    await says(page, "live");
    await page.evaluate(axe.source);
    for (const [name, view] of Object.entries(views)) {
      await goToView(page, daemon, view);
      found[name] = await faults(page);
    }
    for (const [title, { view, opener }] of Object.entries(dialogs)) {
      await goToView(page, daemon, views[view]);
      await button(page, opener).click();
      const dialog = named(page, "dialog", title);
      await dialog.waitFor();
      found[title] = await faults(page);
      await page.keyboard.press("Escape");
      await isGone(dialog);
    }
    const none = ["sign in", ...Object.keys(views), ...Object.keys(dialogs)].map((name) => [name, []]);
    expect(found).toEqual(Object.fromEntries(none));
  });
});
