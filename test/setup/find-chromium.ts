/** The browser that the tests of the page use: the one named in MACHINIST_TEST_CHROMIUM, else Debian's. */
import { accessSync, constants } from "node:fs";

export const variable = "MACHINIST_TEST_CHROMIUM";
const usual = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** @throws when there is none: `npm test` makes sure that there is */
export function findChromium(): string {
  const found = chromium();
  if (found === undefined)
    throw new Error(`no chromium: run \`node dist/test/setup/main.js\`, or set ${variable}`);
  return found;
}

export function chromium(): string | undefined {
  const named = process.env[variable];
  return (named === undefined ? usual : [named]).find(isProgram);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
