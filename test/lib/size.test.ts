import { describe, expect, it } from "vitest";
import { formatSize, parseSize } from "../../src/lib/size.ts";

describe("sizes", () => {
  it.each([
    ["0", 0],
    ["10240", 10_240],
    ["44B", 44],
    ["10K", 10_240],
    ["10k", 10_240],
    ["1.5M", 1_572_864],
    ["1 MiB", 1_048_576],
    ["2GB", 2_147_483_648],
    ["1T", 1_099_511_627_776],
    ["-1", -1],
  ])("%s is %i bytes", (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  });

  it.each(["", "K", "10X", "-2", "1e3", "10 K K", "99999999999999T"])("%j is refused", (text) => {
    expect(() => parseSize(text)).toThrow(/is no size, write for example 512, 10K, 2M or 1G/);
  });

  it.each([
    [-1, "unlimited"],
    [0, "0 B"],
    [1023, "1023 B"],
    [1024, "1.0 KiB"],
    [102_400, "100.0 KiB"],
    [3_670_016, "3.5 MiB"],
    [2 ** 40, "1.0 TiB"],
    [2 ** 50, "1024.0 TiB"],
  ])("%i bytes are %s", (bytes, text) => {
    expect(formatSize(bytes)).toBe(text);
  });
});
