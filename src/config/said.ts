/** What flags and variables say, and how to name them in messages. */
import { MachinistError } from "../lib/errors.ts";

import type { Environment } from "./sources.ts";

/** The first that is set: flag, then variable; an empty variable is none. */
export function said(flag: string | undefined, environment: Environment, name: string): string | undefined {
  return flag ?? (environment[name] || undefined);
}

/** The flag or the variable, for a message. */
export function origin(flag: string | undefined, name: string): string {
  return flag === undefined ? `MACHINIST_${name.toUpperCase().replace("-", "_")}` : `--${name}`;
}

export function oneOf<const Word extends string>(
  found: string | undefined,
  words: readonly Word[],
  place: string,
): Word | undefined {
  if (found === undefined) return undefined;
  const word = words.find((candidate) => candidate === found);
  if (word !== undefined) return word;
  throw new MachinistError(
    "INVALID_CONFIG",
    `${place}: ${JSON.stringify(found)} is none of ${words.join(", ")}`,
  );
}

export function booleanVariable(environment: Environment, name: string): boolean | undefined {
  const text = environment[name];
  if (!text) return undefined;
  if (text === "1" || text === "true") return true;
  if (text === "0" || text === "false") return false;
  throw new MachinistError("INVALID_CONFIG", `${name}: ${JSON.stringify(text)} is none of 1, true, 0, false`);
}

/** Without what is undefined, so that it hides nothing when spread. */
export function onlyDefined<Found extends object>(settings: Found): Found {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined)) as Found;
}
