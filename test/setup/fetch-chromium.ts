/** Installs Debian's chromium when there is none and we may: its libraries must be where it was built for. */
import { spawnSync } from "node:child_process";
import { chromium, variable } from "./find-chromium.ts";

/** With a font that has the signs of the state charts. */
const packages = ["chromium", "fonts-dejavu-core"];

/** @returns its path. @throws saying what to install by hand */
export function fetchChromium(): string {
  const found = chromium();
  if (found) return found;
  spawnSync("apt-get", ["update"]);
  spawnSync("apt-get", ["install", "--yes", "--no-install-recommends", ...packages]);
  const installed = chromium();
  if (installed) return installed;
  throw new Error(
    `the tests of the page need a chromium: install it, with apt-get install ${packages.join(" ")}, or name one in ${variable}`,
  );
}
