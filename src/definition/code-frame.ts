/** The lines of a file around a place, with a caret below it. */
import type { Place } from "./fault.ts";

/** Characters of a line that a frame shows; of longer lines, the part around the caret. */
const widestLine = 100;

/**
 * One line before the place, its own, the caret, one line after:
 * ```
 *   13 |   - name: check
 * > 14 |     interval: 5
 *      |               ^
 *   15 |     type: exec
 * ```
 * @param width how many characters the caret underlines, clipped to the line
 */
export function codeFrame(lines: readonly string[], place: Place, width: number): string {
  const last = Math.min(place.line + 1, lines.length);
  const digits = Math.max(String(last).length, 2);
  const offset = Math.max(0, place.column - Math.floor((widestLine * 2) / 3));
  const frame: string[] = [];
  for (let line = Math.max(1, place.line - 1); line <= last; line++) {
    const text = lines[line - 1] ?? "";
    if (line > place.line && text.trim() === "") continue;
    const mark = line === place.line ? ">" : " ";
    frame.push(`${mark} ${String(line).padStart(digits)} | ${shown(text, offset)}`.trimEnd());
    if (line !== place.line) continue;
    const room = Math.max(1, Math.min(text.length, offset + widestLine) - place.column + 1);
    const before = " ".repeat(Math.max(0, place.column - 1 - offset));
    frame.push(`  ${" ".repeat(digits)} | ${before}${"^".repeat(Math.max(1, Math.min(width, room)))}`);
  }
  return frame.join("\n");
}

/** One column per character, whatever it is: control characters would move the caret or speak to the terminal. */
function shown(text: string, offset: number): string {
  return text
    .slice(offset, offset + widestLine)
    .replaceAll("\t", " ")
    .replace(/\p{Cc}/gu, "\uFFFD");
}
