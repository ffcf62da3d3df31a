/** Makes archives byte by byte, so that also those can be made which no honest tool makes. */
import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";

export interface Member {
  readonly name: string;
  readonly content?: string | Buffer;
  /** As in the header: `0` file, `1` hard link, `2` symbolic link, `3` device, `5` directory, `6` pipe. */
  readonly type?: string;
  readonly mode?: number;
  readonly link?: string;
  /** Instead of the content's own. */
  readonly size?: number;
}

export const sha256 = (bytes: Buffer | string): string => createHash("sha256").update(bytes).digest("hex");

export function tar(members: readonly Member[], { end = true } = {}): Buffer {
  const blocks = members.flatMap((member) => [header(member), padded(Buffer.from(member.content ?? ""))]);
  return Buffer.concat(end ? [...blocks, Buffer.alloc(1024)] : blocks);
}

export function tgz(members: readonly Member[]): Buffer {
  return gzipSync(tar(members));
}

/** A directory with files, listed in a SHA256SUMS of its own. */
export function release(directory: string, files: Readonly<Record<string, string>>): Release {
  const sums = sumsOf(files);
  const members: Member[] = [
    { name: `${directory}/`, type: "5" },
    ...Object.entries(files).map(([name, content]) => ({ name: `${directory}/${name}`, content })),
    { name: `${directory}/SHA256SUMS`, content: sums },
  ];
  const bytes = tgz(members);
  return { bytes, checksum: sha256(bytes), sums, sumsChecksum: sha256(sums) };
}

export interface Release {
  readonly bytes: Buffer;
  readonly checksum: string;
  readonly sums: string;
  readonly sumsChecksum: string;
}

export function sumsOf(files: Readonly<Record<string, string>>): string {
  return Object.entries(files)
    .map(([name, content]) => `${sha256(content)}  ${name}\n`)
    .join("");
}

/** A member before another one that gives it a name of any length. */
export function longName(name: string): Member {
  return { name: "././@LongLink", type: "L", content: `${name}\0` };
}

function header({ name, content = "", type = "0", mode, link = "", size }: Member): Buffer {
  const block = Buffer.alloc(512);
  block.write(name, 0, 100, "utf8");
  octal(block, mode ?? (type === "5" ? 0o755 : 0o644), 100, 8);
  octal(block, 0, 108, 8);
  octal(block, 0, 116, 8);
  octal(block, size ?? Buffer.byteLength(content), 124, 12);
  octal(block, 1_700_000_000, 136, 12);
  block.write(type, 156, 1, "ascii");
  block.write(link, 157, 100, "utf8");
  block.write("ustar\x0000", 257, 8, "latin1");
  block.fill(" ", 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, 8, "latin1");
  return block;
}

function octal(block: Buffer, value: number, at: number, length: number): void {
  block.write(`${value.toString(8).padStart(length - 1, "0")}\0`, at, length, "latin1");
}

function padded(content: Buffer): Buffer {
  return Buffer.concat([content, Buffer.alloc(-content.length & 511)]);
}
