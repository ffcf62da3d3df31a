/** Readers of single arguments and option values; what they refuse becomes a usage error that says how to write it. */
import { InvalidArgumentError } from "@commander-js/extra-typings";
import { nearestName } from "../lib/did-you-mean.ts";
import { parseDuration } from "../lib/duration.ts";
import { messageOf } from "../lib/errors.ts";
import { parseSize } from "../lib/size.ts";

/** Milliseconds of `500ms`, `10s`, `1h30m`, `2d`. */
export function duration(text: string): number {
  return orInvalid(() => parseDuration(text));
}

/** Bytes of `512`, `10K`, `2M`. */
export function size(text: string): number {
  return orInvalid(() => parseSize(text));
}

/** A whole number, not negative. */
export function wholeNumber(text: string): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(number)) return number;
  throw new InvalidArgumentError(`${JSON.stringify(text)} is no whole number.`);
}

/** A revision: a whole number from 1. */
export function revision(text: string): number {
  const number = wholeNumber(text);
  if (number >= 1) return number;
  throw new InvalidArgumentError("Revisions begin at 1.");
}

/** Collects `NAME=VALUE`, given once or several times. */
export function assignment(
  text: string,
  earlier: Readonly<Record<string, string>> | undefined,
): Record<string, string> {
  const cut = text.indexOf("=");
  if (cut < 1) throw new InvalidArgumentError(`${JSON.stringify(text)} is not of the form NAME=VALUE.`);
  return { ...earlier, [text.slice(0, cut)]: text.slice(cut + 1) };
}

/** A reader of one of `words`, which offers the nearest one for what it does not know. */
export function oneOf<const Word extends string>(words: readonly Word[]): (text: string) => Word {
  const read = (text: string): Word => {
    const word = words.find((candidate) => candidate === text);
    if (word !== undefined) return word;
    const meant = nearestName(text, words);
    const hint = meant ? ` (Did you mean ${meant}?)` : "";
    throw new InvalidArgumentError(`Allowed choices are ${words.join(", ")}.${hint}`);
  };
  return Object.assign(read, { words });
}

/** The words of a reader that `oneOf` made; undefined for any other. */
export function wordsOf(read: unknown): readonly string[] | undefined {
  return typeof read === "function" && "words" in read && Array.isArray(read.words) ? read.words : undefined;
}

function orInvalid<Result>(read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    throw new InvalidArgumentError(`${messageOf(error)}.`);
  }
}

/** Given the time now, the time meant. */
export function moment(written: string): (nowMs: number) => number {
  const absolute = Date.parse(written);
  if (/^\d{4}-/.test(written) && !Number.isNaN(absolute)) return () => absolute;
  if (/^\d{4}-/.test(written)) throw new InvalidArgumentError(`${JSON.stringify(written)} is no time.`);
  const agoMs = duration(written);
  return (nowMs) => nowMs - agoMs;
}
