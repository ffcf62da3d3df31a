/** Bytes as lines. Only \n ends one: JSON text may hold every other line separator as it is. */
import { LineFault } from "./format.ts";

/** The largest value takes 1 MiB, escaped at most six times that. */
const longestLine = 16_777_216;
const newline = 0x0a;

/** Lines with their newline; the last one may have none. @throws LineFault for one that is too long for any entry */
export async function* linesOf(source: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let parts: Buffer[] = [];
  let length = 0;
  for await (const chunk of source) {
    let rest = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    for (let at = rest.indexOf(newline); at !== -1; at = rest.indexOf(newline)) {
      yield Buffer.concat([...parts, rest.subarray(0, at + 1)]);
      rest = rest.subarray(at + 1);
      parts = [];
      length = 0;
    }
    if (rest.length > 0) parts.push(rest);
    length += rest.length;
    if (length > longestLine) throw new LineFault(`found more than ${longestLine} bytes, expected an entry`);
  }
  if (parts.length > 0) yield Buffer.concat(parts);
}
