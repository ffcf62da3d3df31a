/** The bytes of a file as text, or why they are none. Knows nothing of YAML. */
import { isUtf8 } from "node:buffer";
import type { Place } from "./fault.ts";

/** A text and the places in it. */
export interface SourceText {
  readonly text: string;
  readonly lines: readonly string[];
  /** @param offset UTF-16 units from the start; beyond the end counts as the end */
  placeOf(offset: number): Place;
}

export interface NoText {
  readonly message: string;
  /** Where the text stops being text, with what could be read of it. */
  readonly source: SourceText;
  readonly offset: number;
}

/** Control characters that YAML allows in no place, bare. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const control = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F]/;

/** Reads UTF-8, with or without a byte order mark; refuses other encodings, binary files, and more than `maxBytes`. */
export function readText(bytes: Uint8Array, maxBytes: number): SourceText | NoText {
  if (bytes.length > maxBytes) {
    return noText(`the file is larger than ${sizeText(maxBytes)}, the most that is read`);
  }
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) {
    return noText("the file is written in UTF-16, save it as UTF-8");
  }
  const text = new TextDecoder("utf-8").decode(bytes);
  const bad = control.exec(text);
  if (bad)
    return noText(`${characterText(bad[0])} found: this is a binary file, not YAML text`, text, bad.index);
  if (!isUtf8(bytes)) {
    return noText("a byte found that is not UTF-8: save the file as UTF-8", text, text.indexOf("\uFFFD"));
  }
  return sourceText(text);
}

function noText(message: string, text = "", offset = 0): NoText {
  // Only what comes before is worth showing: the rest is no text.
  const end = text.indexOf("\n", offset);
  return { message, source: sourceText(end < 0 ? text.slice(0, offset + 80) : text.slice(0, end)), offset };
}

function characterText(character: string): string {
  const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
  return `control character U+${code}`;
}

function sizeText(bytes: number): string {
  return bytes % 1048576 === 0 ? `${bytes / 1048576} MiB` : `${bytes} bytes`;
}

function sourceText(text: string): SourceText {
  let starts: number[] | undefined;
  let lines: string[] | undefined;
  return {
    text,
    get lines() {
      lines ??= text.split("\n").map((line) => (line.endsWith("\r") ? line.slice(0, -1) : line));
      return lines;
    },
    placeOf(offset) {
      starts ??= lineStarts(text);
      const inside = Math.min(Math.max(offset, 0), text.length);
      let line = 0;
      let after = starts.length;
      while (after - line > 1) {
        const middle = (line + after) >> 1;
        if ((starts[middle] ?? 0) <= inside) line = middle;
        else after = middle;
      }
      return { line: line + 1, column: inside - (starts[line] ?? 0) + 1 };
    },
  };
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", end + 1)) starts.push(end + 1);
  return starts;
}
