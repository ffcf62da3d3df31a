import {
  cp,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { PropertyFault } from "../../src/definition/shape.ts";
import { MachinistError } from "../../src/lib/errors.ts";
import type { GovernorRequest, Governors } from "../../src/watching/governors.ts";
import { mend, placeOf, prepare, replace } from "../../watchers/archive/place.ts";
import { archive } from "../../watchers/archive.ts";
import { ArchiveServer } from "./archive/http-server.ts";
import { release, sha256, tgz } from "./archive/tarball.ts";
import { accepts, faultsOf, PlayedWatcher, type Surroundings } from "./harness.ts";

const someChecksum = "0123456789abcdef".repeat(4);
const documented = {
  source: "https://example.net/app.tgz",
  creates: "app",
  target: "/srv",
  checksum: someChecksum,
};

describe("archive: properties", () => {
  it("accepts the documented examples", () => {
    for (const more of [
      {},
      { source: "/var/cache/app.tgz" },
      { source: "file:///var/cache/app.tgz" },
      {
        source: '{{ lookup "data.spec.source" "" }}',
        checksum: '{{ lookup "data.spec.checksum" "" }}',
        verify: "SHA256SUMS",
        verify_checksum: '{{ lookup "data.spec.verify_checksum" "" }}',
      },
      { username: "bob", password: '{{ lookup "data.password" "" }}', timeout: "10s", insecure: true },
      { username: "", password: "", governor: "", verify: "", verify_checksum: "", timeout: "0" },
      { governor: "deploys", governor_timeout: "1m", max_size: "100M" },
      { checksum: someChecksum.toUpperCase(), creates: "app/" },
    ]) {
      const properties = { ...documented, ...more };
      expect(accepts(archive, properties), JSON.stringify(properties)).toBe(true);
      expect(faultsOf(archive, properties), JSON.stringify(properties)).toEqual([]);
    }
  });

  it("refuses what lacks one of the four, and unknown keys", () => {
    for (const name of Object.keys(documented)) {
      expect(accepts(archive, { ...documented, [name]: undefined }), name).toBe(false);
      expect(accepts(archive, { ...documented, [name]: "" }), name).toBe(false);
    }
    expect(accepts(archive, { ...documented, check: someChecksum })).toBe(false);
  });

  const faulty: [string, object, string, string][] = [
    [
      "another kind of address",
      { source: "ftp://bob:secret@example.net/app.tgz?sign=secret" },
      "source",
      'source: "ftp://example.net/app.tgz" is none; write an address that begins with https://, http:// or file:///, or the absolute path of a file',
    ],
    [
      "a relative path",
      { source: "app.tgz" },
      "source",
      'source: "app.tgz" is none; write an address that begins with https://, http:// or file:///, or the absolute path of a file',
    ],
    [
      "a file of another host",
      { source: "file://other/app.tgz" },
      "source",
      'source: "file://other/app.tgz" names no file of this host; write file:///PATH',
    ],
    [
      "a checksum that is none",
      { checksum: "abc" },
      "checksum",
      "checksum: found 3 characters; expected a sha256, which is 64 hex digits",
    ],
    [
      "a verify_checksum that is none",
      { verify: "SHA256SUMS", verify_checksum: "x" },
      "verify_checksum",
      "verify_checksum: found 1 characters; expected a sha256, which is 64 hex digits",
    ],
    ["verify alone", { verify: "SHA256SUMS" }, "verify", "verify needs verify_checksum; write both or none"],
    ["a username alone", { username: "bob" }, "username", "username needs password; write both or none"],
    [
      "a broken password",
      { username: "bob", password: "{{ secret" },
      "password",
      "it is no valid template; correct what stands in {{ }}",
    ],
    ["a broken governor", { governor: "{{ lookup }" }, "governor", ""],
    [
      "creates that leads out",
      { creates: "../app" },
      "creates",
      '"../app" is no directory inside target; write the name of the directory that the archive makes',
    ],
    [
      "creates that is the target",
      { creates: "." },
      "creates",
      '"." is no directory inside target; write the name of the directory that the archive makes',
    ],
    [
      "creates that is absolute",
      { creates: "/app" },
      "creates",
      '"/app" is no directory inside target; write the name of the directory that the archive makes',
    ],
    [
      "verify that leads out",
      { verify: "a/../../x", verify_checksum: someChecksum },
      "verify",
      '"a/../../x" is no file inside the directory that the archive makes; write its name, for example SHA256SUMS',
    ],
    [
      "a size that is none",
      { max_size: "big" },
      "max_size",
      '"big" is no size, write for example 512, 10K, 2M or 1G',
    ],
    ["no limit", { max_size: "-1" }, "max_size", '"-1" lets no archive in; write for example 100M or 1G'],
  ];
  it.each(faulty)("%s is a fault at its place", (_name, more, property, message) => {
    const faults = faultsOf(archive, { ...documented, ...more });
    expect(faults.map(({ path, severity }) => ({ path, severity }))).toEqual([
      { path: ["properties", property], severity: undefined },
    ]);
    expect(faults[0]?.message).toContain(message);
    expect(faults[0]?.message).not.toContain("secret");
  });

  it("a timeout below 5s becomes 5s with a warning, and is 1m when left out", () => {
    const faults: readonly PropertyFault[] = faultsOf(archive, { ...documented, timeout: "2s" });
    expect(faults).toEqual([
      {
        path: ["properties", "timeout"],
        message: "2s is shorter than the shortest timeout; it will be 5s, write that",
        severity: "warning",
      },
    ]);
    expect(archive.read({ ...documented, timeout: "2s" })).toMatchObject({ timeoutMs: 5_000 });
    expect(archive.read(documented)).toMatchObject({ timeoutMs: 60_000 });
    expect(archive.read({ ...documented, timeout: "0" })).toMatchObject({ timeoutMs: 60_000 });
  });

  it("looks at once at start and on entry, and at each interval of 10s or more", () => {
    const properties = archive.read(documented);
    expect(archive.policy(properties, undefined)).toEqual({
      start: "at-once",
      entry: "at-once",
      intervalMs: undefined,
    });
    expect(archive.policy(properties, 0).intervalMs).toBeUndefined();
    expect(archive.policy(properties, 30_000).intervalMs).toBe(30_000);
    expect(archive.minimumIntervalMs).toBe(10_000);
    expect(archive.initialOutcome).toBe("unknown");
  });
});

let root: string;
let target: string;
let server: ArchiveServer;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "machinist-archive-"));
  target = join(root, "srv");
  server = await ArchiveServer.start();
});
afterEach(async () => {
  await server[Symbol.asyncDispose]();
  await rm(root, { recursive: true, force: true });
});

const first = release("app", { "bin/run": "one", "data.txt": "1" });
const second = release("app", { "bin/run": "two" });

/** Of the watcher `w` of the harness. */
const place = (creates = "app") => placeOf(target, creates, ["instance-1", "w"]);
const inApp = (path: string): string => join(target, "app", path);
const content = (): Promise<string> => readFile(inApp("bin/run"), "utf8");

function play(properties: object = {}, surroundings: Surroundings = {}): PlayedWatcher {
  const whole = {
    source: server.address("/app.tgz"),
    creates: "app",
    target,
    checksum: first.checksum,
    ...properties,
  };
  return new PlayedWatcher(archive, whole, surroundings);
}

const verifying = { verify: "SHA256SUMS", verify_checksum: first.sumsChecksum };

describe("archive: installing", () => {
  beforeEach(() => server.serve("/app.tgz", first.bytes));

  it("C81: a missing directory is downloaded; then verified, with success each time", async () => {
    const played = play(verifying);
    const source = server.address("/app.tgz");
    expect(await played.look("start")).toEqual({
      outcome: "downloaded",
      fire: "success",
      announce: true,
      detail: {
        source,
        creates: "app",
        previous_outcome: "downloaded",
        previous_run_time: 0,
      },
    });
    expect(await content()).toBe("one");
    expect(await readdir(target)).toEqual(["app"]);
    for (const reason of ["interval", "entered"] as const) {
      expect(await played.look(reason)).toMatchObject({
        outcome: "verified",
        fire: "success",
        announce: true,
        detail: { source, creates: "app", previous_outcome: "verified" },
      });
    }
    expect(server.asked).toHaveLength(1);
  });

  it("C81: without verify it is enough that the directory is there", async () => {
    await mkdir(join(target, "app"), { recursive: true });
    expect(await play().look()).toMatchObject({ outcome: "verified", fire: "success" });
    expect(server.asked).toEqual([]);
  });

  const damages: [string, () => Promise<void>][] = [
    ["missing sums", () => rm(inApp("SHA256SUMS"))],
    ["bad sums", () => writeFile(inApp("SHA256SUMS"), `${sha256("one")}  bin/run\n`)],
    ["a changed file", () => writeFile(inApp("bin/run"), "other")],
    ["a missing file", () => rm(inApp("data.txt"))],
    ["a directory in place of a file", () => rm(inApp("data.txt")).then(() => mkdir(inApp("data.txt")))],
    [
      "a file in place of all",
      () => rm(join(target, "app"), { recursive: true }).then(() => writeFile(join(target, "app"), "")),
    ],
    ["nothing", () => rm(join(target, "app"), { recursive: true })],
  ];
  it.each(damages)("C81: %s: it is downloaded again", async (_name, damage) => {
    const played = play(verifying);
    await played.look("start");
    await damage();
    expect(await played.look()).toMatchObject({ outcome: "downloaded", fire: "success" });
    expect(await content()).toBe("one");
    expect((await played.look()).outcome).toBe("verified");
    expect(server.asked).toHaveLength(2);
    expect(await readdir(target)).toEqual(["app"]);
  });

  it("C81: files that the sums do not list are left alone", async () => {
    const played = play(verifying);
    await played.look("start");
    await writeFile(inApp("own.txt"), "mine");
    expect((await played.look()).outcome).toBe("verified");
    expect(await readFile(inApp("own.txt"), "utf8")).toBe("mine");
  });

  const templates: [string, object, string][] = [
    [
      "an empty verify_checksum",
      { verify: "SHA256SUMS", verify_checksum: '{{ lookup "data.none" "" }}' },
      "verify_checksum: it is empty; expected a sha256, which is 64 hex digits",
    ],
    [
      "a bad verify_checksum",
      { verify: "SHA256SUMS", verify_checksum: '{{ lookup "data.none" "zzz" }}' },
      "verify_checksum: found 3 characters; expected a sha256, which is 64 hex digits",
    ],
    [
      "an empty checksum",
      { checksum: '{{ lookup "data.none" "" }}' },
      "checksum: it is empty; expected a sha256, which is 64 hex digits",
    ],
    [
      "an empty source",
      { source: '{{ lookup "data.none" "" }}' },
      "source: it is empty; write an address that begins with https://, http:// or file:///, or the absolute path of a file",
    ],
    ["a template that fails", { checksum: '{{ Base64Decode "?" }}' }, "Base64Decode"],
  ];
  it.each(templates)("C81: %s is an error", async (_name, properties, words) => {
    const observation = await play(properties).look("start");
    expect(observation).toMatchObject({ outcome: "error", fire: "fail", announce: true });
    expect(observation.error).toContain(words);
    expect(server.asked).toEqual([]);
  });

  it("C81: templates are rendered afresh; a new checksum of the sums brings the new content", async () => {
    server.serve("/two.tgz", second.bytes);
    const spec = (name: string, { checksum, sumsChecksum }: typeof first) => ({
      spec: { source: server.address(`/${name}.tgz?token=secret`), checksum, sums: sumsChecksum },
    });
    server.serve("/app.tgz?token=secret", first.bytes);
    server.serve("/two.tgz?token=secret", second.bytes);
    const written = '{{ lookup "data.spec.source" "" }}';
    const played = play(
      {
        source: written,
        checksum: '{{ lookup "data.spec.checksum" "" }}',
        verify: "SHA256SUMS",
        verify_checksum: '{{ lookup "data.spec.sums" "" | ToUpper }}',
      },
      { data: spec("app", first) },
    );
    expect((await played.look("start")).detail).toMatchObject({ source: server.address("/app.tgz") });
    expect(await content()).toBe("one");
    played.kept.data = spec("two", second);
    expect(await played.look()).toMatchObject({
      outcome: "downloaded",
      detail: { source: server.address("/two.tgz") },
    });
    expect(await content()).toBe("two");
    expect(await readdir(inApp("."))).toEqual(["SHA256SUMS", "bin"]);
  });

  it("takes the archive from a file, by path and by address", async () => {
    const path = join(root, "a b.tgz");
    await writeFile(path, first.bytes);
    for (const source of [path, pathToFileURL(path).href]) {
      expect(await play({ source }).look()).toMatchObject({ outcome: "downloaded", detail: { source } });
      expect(await content()).toBe("one");
      await rm(target, { recursive: true });
    }
    expect(await play({ source: join(root, "none.tgz") }).look()).toMatchObject({
      outcome: "error",
      error: `archive "${join(root, "none.tgz")}": ENOENT: no such file or directory, open '${join(root, "none.tgz")}'`,
    });
    expect(await play({ source: root }).look()).toMatchObject({
      outcome: "error",
      error: `archive "${root}": ${root} is no regular file`,
    });
  });

  it("a relative target counts from the machine's directory", async () => {
    await play({ target: "srv" }, { machine: { directory: root } }).look();
    expect(await content()).toBe("one");
  });

  it("creates may be a directory deeper down", async () => {
    const { bytes, checksum } = release("apps/one", { "bin/run": "deep" });
    server.serve("/app.tgz", bytes);
    expect((await play({ creates: "apps/one", checksum }).look()).outcome).toBe("downloaded");
    expect(await readFile(join(target, "apps/one/bin/run"), "utf8")).toBe("deep");
    expect(await readdir(join(target, "apps"))).toEqual(["one"]);
    expect(await readdir(target)).toEqual(["apps"]);
  });

  it("what else is in the archive is left out", async () => {
    const bytes = tgz([
      { name: "./", type: "5" },
      { name: "./app/", type: "5" },
      { name: "./app/bin/run", content: "x", mode: 0o4777 },
      { name: "./other/file", content: "y" },
    ]);
    server.serve("/app.tgz", bytes);
    expect((await play({ checksum: sha256(bytes) }).look()).outcome).toBe("downloaded");
    expect(await readdir(target)).toEqual(["app"]);
    expect((await stat(inApp("bin/run"))).mode & 0o7777).toBe(0o755);
  });

  it("a target that is a link is followed; a home that is one gives way, and what it leads to is left alone", async () => {
    const real = join(root, "real");
    const before = join(root, "before");
    await mkdir(join(before, "bin"), { recursive: true });
    await writeFile(join(before, "bin/run"), "before");
    await mkdir(real);
    await symlink(real, target);
    await symlink(before, join(real, "app"));
    expect((await play().look()).outcome).toBe("verified");
    expect((await play(verifying).look()).outcome).toBe("downloaded");
    expect((await lstat(join(real, "app"))).isDirectory()).toBe(true);
    expect(await content()).toBe("one");
    expect(await readlink(target)).toBe(real);
    expect(await readFile(join(before, "bin/run"), "utf8")).toBe("before");
    expect(await readdir(real)).toEqual(["app"]);
  });

  it("a home that is a link to nowhere gives way", async () => {
    await mkdir(target);
    await symlink(join(root, "nowhere"), join(target, "app"));
    expect((await play().look()).outcome).toBe("downloaded");
    expect(await content()).toBe("one");
    expect(await readdir(root)).toEqual(["srv"]);
  });
});

describe("archive: when it fails", () => {
  /** A good content in place, whose sums are not those of the next archive. */
  const installed = async (): Promise<void> => {
    server.serve("/app.tgz", first.bytes);
    await play().look("start");
  };
  const next = { verify: "SHA256SUMS", verify_checksum: second.sumsChecksum, checksum: second.checksum };

  const expectKept = async (): Promise<void> => {
    expect(await content()).toBe("one");
    expect(await readdir(target)).toEqual(["app"]);
  };

  it("another checksum is an error, and nothing changes", async () => {
    await installed();
    expect(await play(next).look()).toMatchObject({
      outcome: "error",
      fire: "fail",
      announce: true,
      error: `archive "${server.address("/app.tgz")}": what was fetched has another checksum than ${second.checksum}; correct checksum, or the archive`,
      detail: { previous_outcome: "error" },
    });
    await expectKept();
  });

  it("sums that the archive does not keep are an error", async () => {
    await installed();
    const lying = tgz([
      { name: "app/SHA256SUMS", content: second.sums },
      { name: "app/bin/run", content: "not two" },
    ]);
    server.serve("/app.tgz", lying);
    const observation = await play({ ...next, checksum: sha256(lying) }).look();
    expect(observation).toMatchObject({ outcome: "error", fire: "fail" });
    expect(observation.error).toContain('refused: SHA256SUMS, line 1: "bin/run" has another checksum');
    await expectKept();
  });

  it("an archive without the directory is an error", async () => {
    await installed();
    const wrong = release("other", { "bin/run": "two" });
    server.serve("/app.tgz", wrong.bytes);
    const observation = await play({ ...next, checksum: wrong.checksum }).look();
    expect(observation.error).toContain('the archive is refused: there is no directory "app" in it');
    await expectKept();
  });

  it("a status is told, and a login hinted at", async () => {
    const source = server.address("/none.tgz");
    expect((await play({ source }).look()).error).toBe(
      `archive "${source}": ${source} answered with HTTP status 404, expected 200`,
    );
    server.serve("/none.tgz", (response) => void response.writeHead(401).end());
    expect((await play({ source }).look()).error).toBe(
      `archive "${source}": ${source} answered with HTTP status 401, expected 200; check username and password`,
    );
  });

  it("nobody who listens, and a name that nobody has, are errors", async () => {
    const gone = await ArchiveServer.start();
    const source = gone.address("/app.tgz");
    await gone[Symbol.asyncDispose]();
    expect((await play({ source }).look()).error).toContain(`archive "${source}": connect ECONNREFUSED`);
    expect(await readdir(target)).toEqual([]);
  });

  it("a body that ends too soon is an error", async () => {
    await installed();
    server.serve("/app.tgz", (response) => {
      response.writeHead(200, { "content-length": "100000" });
      response.write(Buffer.alloc(50_000), () => response.destroy());
    });
    expect(await play(next).look()).toMatchObject({ outcome: "error", fire: "fail" });
    await expectKept();
  });

  it("a body larger than max_size is an error before it has come whole", async () => {
    await installed();
    server.serve("/app.tgz", (response) => {
      response.writeHead(200);
      const go = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536)));
        if (!response.destroyed) response.once("drain", go);
      };
      go();
    });
    const observation = await play({ ...next, max_size: "1M" }).look();
    expect(observation.error).toContain("it is larger than max_size, 1.0 MiB");
    await expectKept();
  });

  it("takes no longer than its timeout", async () => {
    await installed();
    const played = play({ ...next, timeout: "7s" });
    server.serve("/app.tgz", (response) => {
      response.writeHead(200);
      response.write("some", () => void played.clock.advance(7_000));
    });
    expect((await played.look()).error).toBe(
      `archive "${server.address("/app.tgz")}": it was not fetched within 7s; write a longer timeout`,
    );
    await expectKept();
  });

  it("a stop in the middle says nothing and leaves nothing", async () => {
    await installed();
    const abort = new AbortController();
    server.serve("/app.tgz", (response) => {
      response.writeHead(200);
      response.write("some", () => abort.abort());
    });
    const observation = await play(next).look("interval", abort.signal);
    expect(observation.outcome).toBe("skipped");
    expect(observation.fire).toBeUndefined();
    expect(observation.announce).toBeUndefined();
    await expectKept();
  });

  it("a target that cannot be made is an error", async () => {
    await writeFile(join(root, "file"), "");
    const observation = await play({ target: join(root, "file", "srv") }).look();
    expect(observation).toMatchObject({ outcome: "error", fire: "fail" });
    expect(observation.error).toContain("ENOTDIR");
  });
});

describe("archive: killed in the middle", () => {
  beforeEach(() => server.serve("/app.tgz", first.bytes));

  it("half a download is gone with the next look", async () => {
    await mkdir(join(place().unpacked, "app"), { recursive: true });
    await writeFile(place().archive, "half");
    expect((await play().look("resume")).outcome).toBe("downloaded");
    expect(await readdir(target)).toEqual(["app"]);
    expect(await content()).toBe("one");
  });

  it("with the old content aside and the new one not in place yet, the old one comes back", async () => {
    await play(verifying).look();
    await mkdir(place().staging);
    await cp(place().home, place().old, { recursive: true });
    await rm(place().home, { recursive: true });
    await mkdir(place().fresh, { recursive: true });
    server.serve("/app.tgz", (response) => void response.writeHead(503).end());
    expect((await play(verifying).look("resume")).outcome).toBe("verified");
    expect(await content()).toBe("one");
    expect(await readdir(target)).toEqual(["app"]);
  });

  it("when the new content cannot be put in place, the old one comes back", async () => {
    await play().look();
    await prepare(place());
    await expect(replace(place())).rejects.toThrow("ENOENT");
    expect(await readdir(target)).not.toContain("app");
    await mend(place());
    expect(await content()).toBe("one");
    expect(await readdir(target)).toEqual(["app"]);
  });

  it("with the new content in place, the old one is removed", async () => {
    await play().look();
    await mkdir(join(place().old, "bin"), { recursive: true });
    await writeFile(join(place().old, "bin/run"), "zero");
    expect((await play(verifying).look("resume")).outcome).toBe("verified");
    expect(await content()).toBe("one");
    expect(await readdir(target)).toEqual(["app"]);
  });

  it("what another watcher is at in the same target is left alone", async () => {
    const other = placeOf(target, "app", ["instance-1", "other"]).staging;
    await mkdir(other, { recursive: true });
    expect((await play().look()).outcome).toBe("downloaded");
    expect((await readdir(target)).sort()).toEqual([other.slice(target.length + 1), "app"]);
  });
});

describe("archive: governor", () => {
  beforeEach(() => server.serve("/app.tgz", first.bytes));

  class OneSlot implements Governors {
    readonly requests: GovernorRequest[] = [];
    readonly lost = new AbortController();
    isHeld = false;
    async enter(request: GovernorRequest) {
      this.requests.push(request);
      this.isHeld = true;
      const leave = (): void => {
        this.isHeld = false;
      };
      return {
        lost: this.lost.signal,
        async [Symbol.asyncDispose]() {
          leave();
        },
      };
    }
  }
  const governed = { governor: 'deploys_{{ lookup "data.tier" "all" }}', governor_timeout: "2m" };

  it("takes a slot around a download, and none to verify", async () => {
    const governors = new OneSlot();
    let wasHeld = false;
    server.serve("/app.tgz", (response) => {
      wasHeld = governors.isHeld;
      response.writeHead(200).end(first.bytes);
    });
    const played = play(governed, { governors, data: { tier: "web" } });
    expect((await played.look()).outcome).toBe("downloaded");
    expect(governors.requests).toEqual([
      { governor: "deploys_web", machine: "deploy", watcher: "w", timeoutMs: 120_000 },
    ]);
    expect([wasHeld, governors.isHeld]).toEqual([true, false]);
    expect((await played.look()).outcome).toBe("verified");
    expect(governors.requests).toHaveLength(1);
  });

  it("without a slot it is an error, and nothing is fetched", async () => {
    const governors: Governors = {
      enter: () => Promise.reject(new MachinistError("KEY_NOT_FOUND", "there is no governor deploys_all")),
    };
    expect(await play(governed, { governors }).look()).toMatchObject({
      outcome: "error",
      fire: "fail",
      error: `archive "${server.address("/app.tgz")}": there is no governor deploys_all`,
    });
    expect(server.asked).toEqual([]);
  });

  it("what cannot be fetched waits for no slot", async () => {
    const governors = new OneSlot();
    expect(
      (await play({ ...governed, checksum: '{{ lookup "data.none" "" }}' }, { governors }).look()).error,
    ).toBe(
      `archive "${server.address("/app.tgz")}": checksum: it is empty; expected a sha256, which is 64 hex digits`,
    );
    expect(governors.requests).toEqual([]);
  });

  it("a slot that is lost ends the download as an error", async () => {
    const governors = new OneSlot();
    server.serve("/app.tgz", (response) => {
      response.writeHead(200);
      response.write("some", () =>
        governors.lost.abort(new MachinistError("LEASE_LOST", "lost its slot of governor deploys_all")),
      );
    });
    expect(await play(governed, { governors }).look()).toMatchObject({
      outcome: "error",
      fire: "fail",
      error: `archive "${server.address("/app.tgz")}": lost its slot of governor deploys_all`,
    });
    expect(await readdir(target)).toEqual([]);
  });

  it("a machine that leaves while it waits says nothing", async () => {
    const governors: Governors = {
      enter: (_request, signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener("abort", () => reject(signal.reason as Error));
          played.leaving.abort();
        }),
    };
    const played: PlayedWatcher = play(governed, { governors });
    const observation = await played.look();
    expect(observation.outcome).toBe("skipped");
    expect(observation.fire).toBeUndefined();
    expect(server.asked).toEqual([]);
  });
});
