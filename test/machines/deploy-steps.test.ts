import { once } from "node:events";
import { access, lstat, mkdir, readdir, readlink, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { DeploySteps } from "./deploy-steps.ts";

let deployment: DeploySteps;
beforeEach(async () => {
  deployment = await DeploySteps.make();
});
afterEach(() => deployment[Symbol.asyncDispose]());

const hello = { version: "1.0.0", files: { "index.html": "<h1>Hello</h1>" } };

describe("a good release", () => {
  it("goes live in a folder of its own, and the data says so", async () => {
    expect(await deployment.deploy({ ...hello, health: { file: "index.html", contains: "Hello" } })).toEqual({
      outcome: "live",
      version: "1.0.0",
      release: "1.0.0-1",
      previous: null,
      live: "1.0.0-1",
      reason: null,
    });
    expect(await readlink(join(deployment.root, "current"))).toBe("releases/1.0.0-1");
    expect(await deployment.text("current/index.html")).toBe("<h1>Hello</h1>");
  });

  it("with the version of an earlier one gets a new folder", async () => {
    await deployment.deploy(hello);
    await deployment.deploy({ ...hello, files: { "deep/er/page.html": "again" } });
    expect(await deployment.live()).toBe("1.0.0-2");
    expect(await deployment.text("current/deep/er/page.html")).toBe("again");
    expect(await deployment.text("releases/1.0.0-1/index.html")).toBe("<h1>Hello</h1>");
  });

  it("copies a source directory with its modes and links, runs the build in it and puts files over it", async () => {
    const source = join(deployment.root, "source");
    await mkdir(join(source, "bin"), { recursive: true });
    await writeFile(join(source, "bin/make"), "#!/bin/sh\necho built from $1 > made.txt\n", { mode: 0o755 });
    await writeFile(join(source, "config.txt"), "old");
    await symlink("config.txt", join(source, "alias.txt"));
    const release = {
      version: "2.0.0",
      source,
      files: { "config.txt": "new" },
      build: ["./bin/make", "source"],
    };
    expect(await deployment.deploy(release)).toMatchObject({ outcome: "live", release: "2.0.0-1" });
    expect(await deployment.text("current/made.txt")).toBe("built from source\n");
    expect(await deployment.text("current/alias.txt")).toBe("new");
    expect((await lstat(join(deployment.root, "current/bin/make"))).mode & 0o111).not.toBe(0);
    await expect(access(join(source, "made.txt"))).rejects.toThrow("ENOENT");
  });

  it("keeps five releases, the live one and the one before it", async () => {
    for (let version = 1; version <= 7; version += 1)
      await deployment.deploy({ ...hello, version: `${version}` });
    const folders = (await readdir(join(deployment.root, "releases"))).filter((name) => !name.includes("."));
    expect(folders).toEqual(["3-3", "4-4", "5-5", "6-6", "7-7"]);
    expect(await readdir(join(deployment.root, "staging"))).toEqual([]);
  });
});

describe("a release that fails its check", () => {
  const checks: [string, unknown, RegExp][] = [
    ["the file is missing", { file: "health.txt" }, /cannot read health.txt: ENOENT/],
    ["the text is missing", { file: "index.html", contains: "Hello" }, /did not find the expected text/],
    [
      "the command fails",
      { command: ["node", "-e", "process.exit(3)"] },
      /health command ended with exit status 3/,
    ],
    ["the command is missing", { command: ["no-such-program"] }, /health command could not start/],
    ["nobody answers", { url: "http://127.0.0.1:1/", withinSeconds: 0 }, /not well within 0 s: no answer/],
  ];
  for (const [name, health, reason] of checks) {
    it(`is rolled back: ${name}`, async () => {
      await deployment.deploy(hello);
      const outcome = await deployment.deploy({ version: "1.1.0", files: { "index.html": "Oops" }, health });
      expect(outcome).toMatchObject({ outcome: "rolled back", release: "1.1.0-2", live: "1.0.0-1" });
      expect(outcome?.reason).toMatch(reason);
      expect(await deployment.text("current/index.html")).toBe("<h1>Hello</h1>");
    });
  }

  it("leaves nothing live when there is no earlier one", async () => {
    const outcome = await deployment.deploy({ ...hello, health: { file: "health.txt" } });
    expect(outcome).toMatchObject({ outcome: "failed", live: null, previous: null });
    expect(outcome?.reason).toMatch(/cannot read health.txt: ENOENT; there is no earlier release/);
    expect(await deployment.live()).toBeNull();
  });

  it("does not go back to a folder that somebody removed", async () => {
    await deployment.deploy(hello);
    await rm(join(deployment.root, "releases/1.0.0-1"), { recursive: true });
    const outcome = await deployment.deploy({ ...hello, version: "1.1.0", health: { file: "health.txt" } });
    expect(outcome?.reason).toMatch(/the folder of release 1.0.0-1 is gone$/);
    expect(await deployment.live()).toBe("1.1.0-2");
  });

  it("is asked for its address until it answers well", async () => {
    const statuses = [503, 404, 204];
    await using server = createServer((_request, response) => {
      response.statusCode = statuses.shift() ?? 500;
      response.end();
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    expect(await deployment.deploy({ ...hello, health: { url } })).toMatchObject({ outcome: "live" });
    expect(statuses).toEqual([]);
  });
});

describe("a bad release", () => {
  // One for all: none of them may change what stands.
  let standing: DeploySteps;
  beforeAll(async () => {
    standing = await DeploySteps.make();
    await standing.deploy(hello);
  });
  afterAll(() => standing[Symbol.asyncDispose]());

  const sha256 = "0".repeat(64);
  const bad: [string, unknown, RegExp][] = [
    ["absent", undefined, /there is no release in the key/],
    ["broken JSON", `{"version": "1.1.0", "files"`, /not valid JSON/],
    ["a number", "42", /the release is a number, expected a JSON object/],
    ["a list", [hello], /the release is a list/],
    ["no version", { files: hello.files }, /has no "version"/],
    ["a version that is a number", { ...hello, version: 1.1 }, /"version" must be a text/],
    ["a version with a slash", { ...hello, version: "../1" }, /"version" must be a text/],
    ["an unknown key", { ...hello, fles: {} }, /unknown key "fles", expected version, files/],
    ["nothing to deploy", { version: "1.1.0" }, /nothing to deploy/],
    ["files that are a list", { ...hello, files: ["a"] }, /"files" is a list/],
    ["a file that is no text", { ...hello, files: { a: 1 } }, /"files": a is a number, expected a text/],
    ["a file outside", { ...hello, files: { "../x": "" } }, /"..\/x" leads out of the release folder/],
    ["a file far outside", { ...hello, files: { "a/../../x": "" } }, /leads out of the release folder/],
    ["an absolute file", { ...hello, files: { "/tmp/x": "" } }, /"\/tmp\/x" leads out of the release folder/],
    ["a file that is the folder", { ...hello, files: { "a/..": "" } }, /a\/\.\. is a directory/],
    ["an empty name", { ...hello, files: { "": "" } }, /"" is no file name/],
    ["a file and a directory in one place", { ...hello, files: { a: "", "a/b": "" } }, /two things at "a/],
    ["a relative source", { version: "1", source: "dist" }, /"source" must be the absolute path/],
    [
      "an absent source",
      { version: "1", source: "/no/such/place" },
      /\/no\/such\/place cannot be read: ENOENT/,
    ],
    ["a sha256 that is none", { version: "1", source: "/x", sha256: "12" }, /must be 64 hex digits/],
    ["a sha256 without a source", { ...hello, sha256 }, /"sha256" needs a "source"/],
    ["a sha256 of a directory", { version: "1", source: "/tmp", sha256 }, /needs an archive/],
    ["a build that is a text", { ...hello, build: "make" }, /"build" must be a list of texts/],
    [
      "a build that fails",
      { ...hello, build: ["node", "-e", "process.exit(2)"] },
      /build command ended with exit status 2/,
    ],
    ["a health check outside", { ...hello, health: { file: "../../x" } }, /leads out of the release folder/],
    ["a health text without a file", { ...hello, health: { contains: "x" } }, /needs "health.file"/],
    [
      "a health address of another kind",
      { ...hello, health: { url: "file:///x" } },
      /must be an http or https/,
    ],
    ["an unknown health key", { ...hello, health: { fil: "x" } }, /"health" has the unknown key "fil"/],
    ["a health time out of range", { ...hello, health: { withinSeconds: 60 } }, /from 0 to 45/],
  ];
  for (const [name, release, reason] of bad) {
    it(`fails with its reason and changes nothing: ${name}`, async () => {
      const outcome = await standing.deploy(release);
      expect(outcome).toMatchObject({ outcome: "failed", release: null, live: "1.0.0-1" });
      expect(outcome?.reason).toMatch(reason);
      expect(await standing.text("current/index.html")).toBe("<h1>Hello</h1>");
    });
  }

  it("never shows the text of the key in the reason", async () => {
    const outcome = await deployment.deploy(`{"version": "1", "token": s3cret}`);
    expect(outcome?.reason).toBe("the release is not valid JSON");
  });
});

describe("a run that is repeated after a crash", () => {
  it("build: the folder is there already", async () => {
    deployment.put(hello);
    await deployment.run("build", { runId: "one" });
    const first = deployment.data.deploy;
    await writeFile(join(deployment.root, "releases/1.0.0-1/mark"), "same folder");
    expect(await deployment.run("build", { runId: "one" })).toMatchObject({ exitCode: 0 });
    expect(deployment.data.deploy).toEqual(first);
    expect(await deployment.text("releases/1.0.0-1/mark")).toBe("same folder");
  });

  it("build: another release under the id of a run that was lost gets its own folder", async () => {
    deployment.put(hello);
    await deployment.run("build", { runId: "one" });
    deployment.put({ ...hello, version: "2.0.0" });
    await deployment.run("build", { runId: "one" });
    expect(deployment.data.deploy).toMatchObject({ version: "2.0.0", release: "2.0.0-2" });
  });

  it("build: it died half way", async () => {
    deployment.put(hello);
    await deployment.run("build", { runId: "one" });
    await rm(join(deployment.root, "releases/1.0.0-1"), { recursive: true });
    await mkdir(join(deployment.root, "staging/release"), { recursive: true });
    await writeFile(join(deployment.root, "staging/release/torn"), "");
    await deployment.run("build", { runId: "one" });
    expect(await readdir(join(deployment.root, "releases/1.0.0-1"))).toEqual(["index.html"]);
  });

  it("switch: it died before and after the rename", async () => {
    deployment.put(hello);
    await deployment.run("build");
    await symlink("releases/torn", join(deployment.root, "current.next"));
    await deployment.run("switch");
    expect(await deployment.run("switch")).toMatchObject({ exitCode: 0 });
    expect(await deployment.live()).toBe("1.0.0-1");
    expect(await readdir(deployment.root)).not.toContain("current.next");
  });

  it("roll-back: the way back was gone already, and the reason of the check stays", async () => {
    await deployment.deploy(hello);
    await deployment.deploy({ ...hello, version: "1.1.0", health: { file: "no.txt" } });
    expect(await deployment.run("roll-back")).toMatchObject({ exitCode: 0 });
    await deployment.run("report", { word: "rolled back" });
    expect(deployment.data.deploy).toMatchObject({
      live: "1.0.0-1",
      reason: expect.stringMatching(/cannot read no.txt/),
    });
  });
});
