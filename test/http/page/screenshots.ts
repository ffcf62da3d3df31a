/** `npm run screenshots [DIRECTORY]`: every view in both themes, wide and as a phone shows it, for people to look at. */
import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { chromium } from "playwright-core";
import { findChromium } from "../../setup/find-chromium.ts";
import { labelled, says } from "./on-page.ts";
import { daemonWithViews, goToView, views } from "./views.ts";

const sizes = { wide: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } };

const directory = resolve(process.argv[2] ?? "screenshots");
await mkdir(directory, { recursive: true });
await using daemon = await daemonWithViews();
const browser = await chromium.launch({ executablePath: findChromium(), args: ["--no-sandbox"] });
for (const colorScheme of ["light", "dark"] as const) {
  for (const [size, viewport] of Object.entries(sizes)) {
    const context = await browser.newContext({ viewport, colorScheme, reducedMotion: "reduce" });
    const page = await context.newPage();
    await page.goto(daemon.at(""));
    await labelled(page, "Token").waitFor();
    await page.screenshot({ path: join(directory, `sign-in-${size}-${colorScheme}.png`) });
    await page.goto(daemon.link.href);
    await says(page, "live");
    for (const [name, view] of Object.entries(views)) {
      await goToView(page, daemon, view);
      await page.screenshot({ path: join(directory, `${name}-${size}-${colorScheme}.png`) });
    }
    await context.close();
  }
}
await browser.close();
process.stdout.write(`${directory}\n`);
