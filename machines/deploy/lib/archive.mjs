// Reads tar archives (ustar, pax and GNU long names), gzipped or not, so that no `tar` program is needed. Touches no disk.
import { gunzipSync } from "node:zlib";
import { Fault } from "./fault.mjs";

const blockBytes = 512;
/** An archive that unpacks to more is refused, before it fills the memory. */
const largestArchiveBytes = 2 ** 30;

/**
 * @typedef {object} Member
 * @property {"file" | "directory" | "link"} kind
 * @property {string} name as the archive spells it
 * @property {Uint8Array} content of a file
 * @property {string} target of a link
 * @property {boolean} executable
 */

/**
 * The members of an archive, in its order.
 * @param {Buffer} bytes
 * @returns {Generator<Member>}
 */
export function* readArchive(bytes) {
  let extra = {};
  for (const { type, header, content } of entriesOf(unzipped(bytes), () => extra.size)) {
    const more = extrasOf(type, content);
    if (more === undefined) yield memberOf(type, header, content, extra);
    extra = more === undefined ? {} : { ...extra, ...more };
  }
}

/** `sizeNow` tells the size that an extended header gave for the entry that follows it. */
function* entriesOf(tar, sizeNow) {
  for (let offset = 0; offset < tar.length; ) {
    const header = tar.subarray(offset, offset + blockBytes);
    if (header.every((byte) => byte === 0)) return;
    expectHeader(header);
    const size = Number(sizeNow() ?? numberIn(header, 124, 12));
    const start = offset + blockBytes;
    if (!(start + size <= tar.length)) throw new Fault("the archive is cut short");
    yield { type: String.fromCharCode(header[156]), header, content: tar.subarray(start, start + size) };
    offset = start + Math.ceil(size / blockBytes) * blockBytes;
  }
}

/** What an entry says about the one after it; undefined when it is a member itself. */
function extrasOf(type, content) {
  if (type === "x") return paxRecords(content);
  if (type === "L") return { path: textIn(content, 0, content.length) };
  if (type === "K") return { linkpath: textIn(content, 0, content.length) };
  return type === "g" ? {} : undefined;
}

function unzipped(bytes) {
  const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
  try {
    return isGzip ? gunzipSync(bytes, { maxOutputLength: largestArchiveBytes }) : bytes;
  } catch (error) {
    if (error.code === "ERR_BUFFER_TOO_LARGE") throw new Fault("the archive unpacks to more than 1 GiB");
    throw new Fault("the archive is damaged: it cannot be unzipped");
  }
}

/** The sum over the header, its own field read as spaces, tells an archive from anything else. */
function expectHeader(header) {
  if (header.length < blockBytes) throw new Fault("the archive is cut short");
  let sum = 0;
  for (const [index, byte] of header.entries()) sum += index >= 148 && index < 156 ? 0x20 : byte;
  if (sum !== numberIn(header, 148, 8)) throw new Fault("the source is no tar archive, or a damaged one");
}

function memberOf(type, header, content, extra) {
  const executable = (numberIn(header, 100, 8) & 0o111) !== 0;
  const common = { name: extra.path ?? nameIn(header), content, executable, target: "" };
  if (type === "0" || type === "\0" || type === "7") return { ...common, kind: "file" };
  if (type === "5") return { ...common, kind: "directory" };
  if (type === "2") return { ...common, kind: "link", target: extra.linkpath ?? textIn(header, 157, 100) };
  throw new Fault(
    `the archive's ${JSON.stringify(common.name)} is neither file, directory nor symbolic link (type ${type})`,
  );
}

function nameIn(header) {
  const name = textIn(header, 0, 100);
  const prefix = textIn(header, 257, 5) === "ustar" ? textIn(header, 345, 155) : "";
  return prefix === "" ? name : `${prefix}/${name}`;
}

function textIn(bytes, start, length) {
  const field = bytes.subarray(start, start + length);
  const end = field.indexOf(0);
  return Buffer.from(end === -1 ? field : field.subarray(0, end)).toString("utf8");
}

/** Octal text; a first byte with its high bit set means a binary number, as GNU tar writes large ones. */
function numberIn(header, start, length) {
  if ((header[start] ?? 0) & 0x80) return Number(header.readBigUInt64BE(start + length - 8));
  return Number.parseInt(textIn(header, start, length).trim() || "0", 8);
}

/** Records of the form `<length> <key>=<value>\n`, the length counting all of it. */
function paxRecords(content) {
  const records = {};
  for (let offset = 0; offset < content.length; ) {
    const space = content.indexOf(0x20, offset);
    const length = Number.parseInt(content.subarray(offset, space).toString("utf8"), 10);
    if (space === -1 || !(length > 0)) throw new Fault("the archive is damaged: an extended header is torn");
    const record = content.subarray(space + 1, offset + length - 1).toString("utf8");
    const [key, ...value] = record.split("=");
    records[key] = value.join("=");
    offset += length;
  }
  return records;
}
