/** What a program can see of whether people can use the page who do not see it, or not well. */
import axe from "axe-core";
import { describe, expect, it } from "vitest";
import { eachInBrowser } from "./browser.ts";
import { daemonWithViews, views } from "./views.ts";

const open = eachInBrowser();

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
}

describe.each(["light", "dark"] as const)("in the %s theme", (colorScheme) => {
  it("no view has a violation", async () => {
    await using daemon = await daemonWithViews();
    // The checker itself may not break the rules of the page; that the page keeps them is tested elsewhere.
    const { page } = await open(daemon.link.href, { colorScheme, bypassCSP: true, reducedMotion: "reduce" });
    await page.getByText("live", { exact: true }).waitFor();
    await page.evaluate(axe.source);
    const found: Record<string, unknown> = {};
    for (const [view, hash] of Object.entries(views)) {
      await page.goto(daemon.at(hash));
      await page.locator("main :is(h1, h2):visible").first().waitFor();
      await page.locator(".waiting").waitFor({ state: "detached" });
      const { violations } = await page.evaluate<{ violations: Violation[] }>("axe.run(document)");
      if (violations.length > 0)
        found[view] = violations.map(({ id, nodes }) => [
          id,
          nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`),
        ]);
    }
    expect(found).toEqual({});
  });
});
