/** Which entries of an archive may be written, and as what. Pure. */
import { innerPath } from "./inner-path.ts";
import { refusal } from "./refusal.ts";

/** As the reader of archives tells it, believed in nothing. */
export interface EntryHeader {
  readonly name: string;
  readonly size: number;
  readonly type?: string | undefined;
  readonly mode?: number | undefined;
}

export interface Entry {
  readonly kind: "file" | "directory";
  /** Inside the directory that is unpacked to; undefined: that directory itself. */
  readonly path: string | undefined;
  readonly mode: number;
}

const longestName = 1_024;
const longestShown = 100;

/** @throws BAD_VALUE for everything but a file or directory at a place inside */
export function checkEntry({ name, size, type, mode }: EntryHeader): Entry {
  const shown = shownName(name);
  if (type !== "file" && type !== "directory") {
    throw refusal(
      `${shown} is a ${type ?? "thing of an unknown kind"}, and only files and directories are unpacked`,
    );
  }
  if (name.length > longestName) throw refusal(`${shown} is longer than ${longestName} characters`);
  if (!Number.isSafeInteger(size) || size < 0) throw refusal(`${shown} has a size that is none`);
  const path = innerPath(name);
  const isRoot = type === "directory" && /^(\.\/*)+$/.test(name);
  if (path === undefined && !isRoot) throw refusal(`${shown} is no place inside the directory`);
  return { kind: type, path, mode: modeOf(type, mode) };
}

export function shownName(name: string): string {
  return `entry ${JSON.stringify(name.length > longestShown ? `${name.slice(0, longestShown)}…` : name)}`;
}

/** Its owner can always read and remove it, nobody else writes it, and it never runs as its owner. */
function modeOf(type: "file" | "directory", mode: number | undefined): number {
  return type === "file" ? ((mode ?? 0o644) & 0o755) | 0o600 : ((mode ?? 0o755) & 0o755) | 0o700;
}
