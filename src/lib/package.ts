/** What the installed package says of itself. */
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { isJsonObject } from "./json.ts";

const require = createRequire(import.meta.url);

export function packageVersion(): string {
  const manifest: unknown = require("#package");
  return isJsonObject(manifest) ? String(manifest["version"]) : "unknown";
}

/** Absolute path of a file that comes with the package. */
export function packageFile(path: string): string {
  return join(dirname(require.resolve("#package")), path);
}
