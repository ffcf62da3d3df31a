/** The Chromium of the tests, found where the environment or the host has it. */
import { existsSync } from "node:fs";

/** Path of the program; undefined where there is none. */
export function findChromium(): string | undefined {
  const named = process.env["MACHINIST_TEST_CHROMIUM"];
  if (named) return named;
  return ["/usr/bin/chromium", "/usr/bin/chromium-browser"].find((place) => existsSync(place));
}
