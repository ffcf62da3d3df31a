/** Values as text that people can look at, compare and edit. */
import { prettyJson } from "../json-text.js";

/**
 * As the daemon tells of it: `value` when the bytes are UTF-8, else `valueBase64`; neither when only asked for what is said of it.
 * @typedef {object} Entry
 * @property {string} key
 * @property {string} [value]
 * @property {string} [valueBase64]
 * @property {number} revision
 * @property {string} created ISO 8601
 * @property {"PUT" | "DEL" | "PURGE"} operation
 * @property {number} length bytes
 * @property {number} [ttlMs]
 *
 * @typedef {Pick<Entry, "value" | "valueBase64">} Value
 */

/**
 * For reading: JSON one member a line, bytes as hex.
 * @param {Value} value
 * @returns {{ kind: "JSON" | "text" | "binary", text: string }}
 */
export function readable({ value, valueBase64 }) {
  if (value === undefined) return { kind: "binary", text: hexDump(bytesOf(valueBase64 ?? "")) };
  const pretty = prettyJson(value);
  return pretty === undefined ? { kind: "text", text: value } : { kind: "JSON", text: pretty };
}

/**
 * For a text field, which knows only one kind of line end: what it would change is edited as base64.
 * @typedef {{ format: "text" | "base64", lineEnd: "\n" | "\r\n", text: string }} Draft
 * @param {Value} value
 * @returns {Draft}
 */
export function draftOf({ value, valueBase64 }) {
  if (value === undefined) return { format: "base64", lineEnd: "\n", text: valueBase64 ?? "" };
  if (!value.includes("\r")) return { format: "text", lineEnd: "\n", text: value };
  const text = value.replaceAll("\r\n", "\n");
  if (!text.includes("\r") && text.replaceAll("\n", "\r\n") === value)
    return { format: "text", lineEnd: "\r\n", text };
  return { format: "base64", lineEnd: "\n", text: base64Of(value) };
}

/**
 * What a draft stands for.
 * @param {Draft} draft
 * @returns {Value}
 */
export function valueIn({ format, lineEnd, text }) {
  if (format === "base64") return { valueBase64: text.replace(/\s+/g, "") };
  return { value: lineEnd === "\n" ? text : text.replaceAll("\n", lineEnd) };
}

/**
 * `17 B`, `1.5 KiB`.
 * @param {number} bytes
 */
export function size(bytes) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  const power = Math.min(Math.floor(Math.log2(Math.max(bytes, 1)) / 10), units.length - 1);
  const count = bytes / 1024 ** power;
  return `${power === 0 || count >= 100 ? Math.round(count) : count.toFixed(1)} ${units[power]}`;
}

/**
 * @param {Value} value
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function valueBytes({ value, valueBase64 }) {
  return value === undefined ? bytesOf(valueBase64 ?? "") : new TextEncoder().encode(value);
}

/**
 * 16 bytes a line: where, in hex, as text.
 * @param {Uint8Array} bytes
 */
export function hexDump(bytes) {
  const lines = [];
  for (let at = 0; at < bytes.length; at += 16) {
    const row = [...bytes.subarray(at, at + 16)];
    const hex = row.map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
    const text = row.map((byte) => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : ".")).join("");
    lines.push(`${at.toString(16).padStart(8, "0")}  ${hex.padEnd(47)}  ${text}`);
  }
  return lines.join("\n");
}

/** @param {string} base64 */
function bytesOf(base64) {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

/** @param {string} text */
function base64Of(text) {
  const bytes = new TextEncoder().encode(text);
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}
