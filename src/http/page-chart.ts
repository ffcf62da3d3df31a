/** The modules that draw state charts, for the page: the very files, compiled, by which the command line draws. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { packageFile } from "../lib/package.ts";

/** What their names begin with in the page's modules, as in package.json for the types. */
export const chartSpecifier = "#chart/";
/** What the page imports; what those import comes with them. */
const entries = ["draw.js", "view.js"];

/** @returns file name → text */
export function chartModules(): Map<string, string> {
  const directory = packageFile("dist/src/chart");
  const modules = new Map<string, string>();
  const take = (name: string): void => {
    if (modules.has(name)) return;
    const text = readFileSync(join(directory, name), "utf8");
    modules.set(name, text);
    for (const [, imported] of text.matchAll(/^(?:import|export) [^;]*?from "\.\/([\w-]+\.js)";/gm))
      if (imported !== undefined) take(imported);
  };
  for (const name of entries) take(name);
  return modules;
}

export function chartStyleSheet(): string {
  return readFileSync(packageFile("src/chart/chart.css"), "utf8");
}
