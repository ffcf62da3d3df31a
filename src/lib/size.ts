/** Sizes in bytes as people write and read them: `512`, `10K`, `2M`, `1G`, counted in 1024s. */
import { MachinistError } from "./errors.ts";

const units = ["B", "K", "M", "G", "T"];

/** @returns bytes; -1 for `-1`, which means no limit. @throws INVALID_ARGUMENT */
export function parseSize(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*(?:([BKMGT])|([KMGT])i?B)?$/i.exec(text.trim());
  if (text.trim() === "-1") return -1;
  const power = units.indexOf((match?.[2] ?? match?.[3] ?? "B").toUpperCase());
  const bytes = Math.round(Number(match?.[1]) * 1024 ** power);
  if (Number.isSafeInteger(bytes)) return bytes;
  throw new MachinistError(
    "INVALID_ARGUMENT",
    `${JSON.stringify(text)} is no size, write for example 512, 10K, 2M or 1G`,
  );
}

/** `44 B`, `1.0 KiB`, `3.5 MiB`; `unlimited` for -1. */
export function formatSize(bytes: number): string {
  if (bytes < 0) return "unlimited";
  let size = bytes;
  let unit = 0;
  while (size >= 1024 && unit < units.length - 1) {
    size /= 1024;
    unit += 1;
  }
  return unit === 0 ? `${bytes} B` : `${size.toFixed(1)} ${units[unit]}iB`;
}
