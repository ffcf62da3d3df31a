/** Paths that stay inside a directory. Pure. */
import { normalize } from "node:path";

/**
 * The path without `.` and doubled or closing slashes; undefined when it is absolute, names the directory itself, or leads out
 * of it at any place, even when it comes back.
 */
export function innerPath(path: string): string | undefined {
  if (path.startsWith("/") || path.includes("\0") || path.split("/").includes("..")) return undefined;
  const inner = normalize(path).replace(/\/+$/, "");
  return inner === "." || inner === "" ? undefined : inner;
}
