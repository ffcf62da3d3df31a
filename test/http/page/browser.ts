/** A real browser on the page of a daemon. Whatever the page complains of ends up in `complaints`, which a test expects to be empty. */
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, onTestFinished } from "vitest";
import { findChromium } from "../../setup/find-chromium.ts";

export interface Seen {
  readonly page: Page;
  /** Errors of the console (broken rules of the content security policy are such), and errors that nobody caught. */
  readonly complaints: readonly string[];
}

/** To be called once in a file: one browser for all its tests. @returns opens a page of a person of its own */
export function eachInBrowser(): (url: string, options?: BrowserContextOptions) => Promise<Seen> {
  let browser: Browser | undefined;
  beforeAll(async () => {
    // As root chromium cannot have its sandbox; the page is ours.
    browser = await chromium.launch({ executablePath: findChromium(), args: ["--no-sandbox"] });
  });
  afterAll(() => browser?.close());
  return async (url, options = {}) => {
    if (!browser) throw new Error("no test runs");
    const context = await browser.newContext({ viewport: { width: 1360, height: 900 }, ...options });
    onTestFinished(() => context.close());
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
    });
    page.on("pageerror", ({ message }) => complaints.push(message));
    await page.goto(url);
    return { page, complaints };
  };
}
