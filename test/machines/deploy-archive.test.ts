import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { lstat, mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DeploySteps } from "./deploy-steps.ts";

let deployment: DeploySteps;
beforeEach(async () => {
  deployment = await DeploySteps.make();
});
afterEach(() => deployment[Symbol.asyncDispose]());

describe("an archive made by tar", () => {
  const long = `${"d".repeat(90)}/${"e".repeat(90)}/${"f".repeat(90)}.txt`;
  for (const format of ["ustar", "gnu", "pax"]) {
    it(`is unpacked: ${format}, with long names, modes and links`, async () => {
      const source = join(deployment.root, "source");
      // ustar has no room for names over 256 characters.
      const name = format === "ustar" ? long.slice(91) : long;
      await mkdir(join(source, name, ".."), { recursive: true });
      await writeFile(join(source, name), "x".repeat(1000));
      await writeFile(join(source, "run"), "#!/bin/sh\n", { mode: 0o755 });
      await symlink("run", join(source, "alias"));
      const archive = join(deployment.root, "site.tar.gz");
      execFileSync("tar", [`--format=${format}`, "-C", source, "-czf", archive, "."]);
      const sha256 = createHash("sha256")
        .update(await readFile(archive))
        .digest("hex")
        .toUpperCase();
      expect(await deployment.deploy({ version: "1.0.0", source: archive, sha256 })).toMatchObject({
        outcome: "live",
      });
      expect(await deployment.text(`current/${name}`)).toBe("x".repeat(1000));
      expect(await deployment.text("current/alias")).toBe("#!/bin/sh\n");
      expect((await lstat(join(deployment.root, "current/run"))).mode & 0o111).not.toBe(0);
    });
  }
});

describe("a bad archive", () => {
  const whole = gzipSync(tar([["index.html", "0", "hello"]]));
  const bad: [string, Uint8Array, RegExp][] = [
    ["a file outside", tar([["../x", "0", ""]]), /"..\/x" leads out of the release folder/],
    ["an absolute file", tar([["/tmp/x", "0", ""]]), /"\/tmp\/x" leads out/],
    ["a link outside", tar([["a", "2", "", "../.."]]), /"a" leads to nothing inside/],
    ["an absolute link", tar([["a", "2", "", "/etc"]]), /"a" has an absolute target/],
    ["a dangling link", tar([["a", "2", "", "nowhere"]]), /"a" leads to nothing inside/],
    [
      "a link that leads out by way of another",
      tar([
        ["x/y/l", "2", "", "../../a"],
        ["a/f", "0", ""],
        ["x/y/m", "2", "", "l/../.."],
      ]),
      /"x\/y\/m" leads to nothing inside/,
    ],
    [
      "a file through a link",
      tar([
        ["a", "2", "", ".."],
        ["a/x", "0", ""],
      ]),
      /two things at "a/,
    ],
    ["a hard link", tar([["a", "1", "", "b"]]), /neither file, directory nor symbolic link \(type 1\)/],
    ["a device", tar([["a", "3", ""]]), /neither file, directory nor symbolic link \(type 3\)/],
    ["something else", Buffer.from("hello".repeat(300)), /no tar archive, or a damaged one/],
    ["a short text", Buffer.from("hello"), /cut short/],
    ["a cut gzip", whole.subarray(0, whole.length - 12), /cannot be unzipped/],
    ["a cut tar", tar([["a", "0", "x".repeat(2000)]]).subarray(0, 1024), /cut short/],
    [
      "a torn extended header",
      tar([
        ["a", "x", "no length"],
        ["b", "0", ""],
      ]),
      /extended header is torn/,
    ],
  ];
  for (const [name, bytes, reason] of bad) {
    it(`fails with its reason and leaves no folder: ${name}`, async () => {
      const archive = join(deployment.root, "site.tar");
      await writeFile(archive, bytes);
      const outcome = await deployment.deploy({ version: "1.0.0", source: archive });
      expect(outcome).toMatchObject({ outcome: "failed", live: null });
      expect(outcome?.reason).toMatch(reason);
      expect(await readdir(join(deployment.root, "releases"))).toEqual(["1.0.0-1.json"]);
    });
  }

  it("fails when its sha256 is another", async () => {
    const archive = join(deployment.root, "site.tar.gz");
    await writeFile(archive, whole);
    const outcome = await deployment.deploy({ version: "1.0.0", source: archive, sha256: "0".repeat(64) });
    expect(outcome?.reason).toMatch(/has sha256 [0-9a-f]{64}, expected 0000/);
  });
});

/** A ustar archive of members [name, type, content, link target]. */
function tar(members: readonly (readonly [string, string, string, string?])[]): Buffer {
  const blocks = members.flatMap(([name, type, content, target]) => {
    const header = Buffer.alloc(512);
    header.write(name, 0);
    header.write("0000644\0", 100);
    header.write(`${content.length.toString(8).padStart(11, "0")}\0`, 124);
    header.write("        ", 148);
    header.write(type, 156);
    header.write(target ?? "", 157);
    header.write("ustar\x0000", 257);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
    return [header, Buffer.from(content), Buffer.alloc((512 - (content.length % 512)) % 512)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}
