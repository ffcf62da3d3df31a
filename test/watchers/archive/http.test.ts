/** Whom the archive watcher asks, whom it trusts, and to whom it tells its login. */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { gunzipSync, gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Observation } from "../../../src/watching/watcher.ts";
import { archive } from "../../../watchers/archive.ts";
import { PlayedWatcher, type Surroundings } from "../harness.ts";
import { ArchiveServer } from "./http-server.ts";
import { release, sha256 } from "./tarball.ts";

const root = join(import.meta.dirname, "../../..");
const fixtures = join(import.meta.dirname, "fixtures");
const { bytes, checksum } = release("app", { run: "one" });
const basic = (login: string): string => `Basic ${Buffer.from(login).toString("base64")}`;

let target: string;
let server: ArchiveServer;
let other: ArchiveServer;

beforeEach(async () => {
  target = await mkdtemp(join(tmpdir(), "machinist-archive-http-"));
  server = await ArchiveServer.start();
  other = await ArchiveServer.start();
  server.serve("/app.tgz", bytes);
  other.serve("/app.tgz", bytes);
});
afterEach(async () => {
  await server[Symbol.asyncDispose]();
  await other[Symbol.asyncDispose]();
  await rm(target, { recursive: true, force: true });
});

const play = (properties: object, surroundings: Surroundings = {}): PlayedWatcher =>
  new PlayedWatcher(
    archive,
    { source: server.address("/app.tgz"), creates: "app", target, checksum, ...properties },
    surroundings,
  );
const look = (properties: object, surroundings?: Surroundings): Promise<Observation> =>
  play(properties, surroundings).look();

const redirect = (from: ArchiveServer, path: string, location: string, status = 302): void =>
  from.serve(path, (response) => void response.writeHead(status, { location }).end("elsewhere"));

describe("archive: login", () => {
  it("without one, none is sent", async () => {
    expect((await look({})).outcome).toBe("downloaded");
    expect(server.asked).toEqual([{ path: "/app.tgz", authorization: undefined }]);
  });

  it("username and password are templates, and are sent", async () => {
    const properties = { username: '{{ lookup "data.user" "" }}', password: '{{ lookup "facts.word" "" }}' };
    const surroundings = { data: { user: "bob" }, facts: () => ({ word: "a:b@cä" }) };
    expect((await look(properties, surroundings)).outcome).toBe("downloaded");
    expect(server.asked).toEqual([{ path: "/app.tgz", authorization: basic("bob:a:b@cä") }]);
  });

  it("one in the address is sent too, and is shown nowhere", async () => {
    const source = server.address("/app.tgz?sign=secret", "ann:se%40cret@");
    server.serve("/app.tgz?sign=secret", bytes);
    const observation = await look({ source });
    expect(observation).toMatchObject({
      outcome: "downloaded",
      detail: { source: server.address("/app.tgz") },
    });
    expect(JSON.stringify(observation)).not.toContain("cret");
    expect(server.asked).toEqual([{ path: "/app.tgz?sign=secret", authorization: basic("ann:se@cret") }]);
  });

  it("username and password go before those of the address", async () => {
    const source = server.address("/app.tgz", "ann:1@");
    await look({ source, username: "bob", password: "2" });
    expect(server.asked).toEqual([{ path: "/app.tgz", authorization: basic("bob:2") }]);
  });

  it("no failure tells a login or what an address is signed with", async () => {
    const login = { username: "bob", password: "secret" };
    const gone = await ArchiveServer.start();
    const away = gone.address("/x?sign=secret", "ann:secret@");
    await gone[Symbol.asyncDispose]();
    redirect(server, "/loop?sign=secret", "/loop?sign=secret");
    redirect(server, "/odd?sign=secret", "ftp://ann:secret@example.net/");
    for (const source of [
      server.address("/none.tgz?sign=secret", "ann:secret@"),
      server.address("/loop?sign=secret"),
      server.address("/odd?sign=secret"),
      away,
      "https://ann:secret@[bad/app.tgz?sign=secret",
      "https:ann:secret@example.net?sign=secret",
      "ann:secret@example.net?sign=secret",
    ]) {
      const properties = { source: `{{ lookup "data.source" "" }}`, ...login };
      const observation = await look(properties, { data: { source } });
      expect(observation.outcome).toBe("error");
      expect(JSON.stringify(observation)).not.toContain("secret");
    }
    expect(await readdir(target)).toEqual([]);
  });
});

describe("archive: what a source is shown as", () => {
  it.each([
    ["https://ann:secret@example.net/a.tgz?sign=secret#secret", "https://example.net/a.tgz"],
    ['https://ann:{{ lookup "data.word" "secret" }}@example.net/a.tgz', "https://example.net/a.tgz"],
    ['{{ lookup "data.source" "" }}', '{{ lookup "data.source" "" }}'],
    ["/srv/a:b@c?d#e.tgz", "/srv/a:b@c?d#e.tgz"],
  ])("%s before it was fetched", async (source, shown) => {
    await mkdir(join(target, "app"));
    expect(await look({ source })).toMatchObject({ outcome: "verified", detail: { source: shown } });
  });
});

describe("archive: redirects", () => {
  const login = { username: "bob", password: "secret" };

  it.each([301, 302, 303, 307, 308])("a %i to the same server keeps the login", async (status) => {
    redirect(server, "/old.tgz", "app.tgz", status);
    expect((await look({ source: server.address("/old.tgz"), ...login })).outcome).toBe("downloaded");
    expect(server.asked.map(({ authorization }) => authorization)).toEqual([
      basic("bob:secret"),
      basic("bob:secret"),
    ]);
  });

  it("one to another server is followed without it, also with a login of its own", async () => {
    redirect(server, "/old.tgz", other.address("/app.tgz", "eve:1@"));
    expect((await look({ source: server.address("/old.tgz"), ...login })).outcome).toBe("downloaded");
    expect(other.asked).toEqual([{ path: "/app.tgz", authorization: undefined }]);
  });

  it("five are followed, six are not", async () => {
    for (let at = 1; at <= 6; at += 1) redirect(server, `/${at}`, at === 1 ? "/app.tgz" : `/${at - 1}`);
    expect((await look({ source: server.address("/5") })).outcome).toBe("downloaded");
    await rm(join(target, "app"), { recursive: true });
    expect((await look({ source: server.address("/6") })).error).toBe(
      `archive "${server.address("/6")}": the server redirects more than 5 times`,
    );
  });

  it.each(["file:///etc/passwd", "http://[bad", ""])("one to %j is an error", async (location) => {
    redirect(server, "/old.tgz", location);
    const source = server.address("/old.tgz");
    expect((await look({ source })).error).toBe(
      location === ""
        ? `archive "${source}": the server redirects more than 5 times`
        : `archive "${source}": ${source} redirects to something that is no http or https address`,
    );
  });
});

describe("archive: answers", () => {
  it("a body is taken as it was published, whatever its encoding is called", async () => {
    server.serve("/app.tgz", (response) => {
      response.writeHead(200, { "content-encoding": "gzip", "content-type": "application/x-tar" }).end(bytes);
    });
    expect((await look({})).outcome).toBe("downloaded");
    expect(await readFile(join(target, "app/run"), "utf8")).toBe("one");
  });

  it("a server that does not even answer is waited for no longer than timeout", async () => {
    const played = play({ timeout: "20s" });
    server.serve("/app.tgz", () => void played.clock.advance(20_000));
    const observation = await played.look();
    expect(observation.error).toBe(
      `archive "${server.address("/app.tgz")}": it was not fetched within 20s; write a longer timeout`,
    );
    expect(observation.detail).toMatchObject({ previous_run_time: 20_000_000_000 });
    expect(await readdir(target)).toEqual([]);
  });

  it("the same content compressed otherwise is another archive", async () => {
    server.serve("/app.tgz", gzipSync(gunzipSync(bytes), { level: 1 }));
    const changed = gzipSync(gunzipSync(bytes), { level: 1 });
    expect(sha256(changed)).not.toBe(checksum);
    expect((await look({})).error).toContain("has another checksum");
  });
});

describe("archive: https", () => {
  let secure: ArchiveServer;
  beforeEach(async () => {
    const key = await readFile(join(fixtures, "key.pem"), "utf8");
    const cert = await readFile(join(fixtures, "certificate.pem"), "utf8");
    secure = await ArchiveServer.start({ key, cert });
    secure.serve("/app.tgz", bytes);
  });
  afterEach(() => secure[Symbol.asyncDispose]());

  it("a certificate that nobody vouches for is refused", async () => {
    const source = secure.address("/app.tgz");
    expect(await look({ source })).toMatchObject({
      outcome: "error",
      fire: "fail",
      error: `archive "${source}": self-signed certificate`,
    });
    expect(secure.asked).toEqual([]);
  });

  it("insecure takes it", async () => {
    expect((await look({ source: secure.address("/app.tgz"), insecure: true })).outcome).toBe("downloaded");
    expect(await readFile(join(target, "app/run"), "utf8")).toBe("one");
  });

  it("one that the host trusts needs no insecure", async () => {
    const program = `
      import { withHttpBody } from "./dist/watchers/archive/http-body.js";
      const source = { url: new URL(process.argv[1]), login: undefined, insecure: false };
      let length = 0;
      await withHttpBody(source, new AbortController().signal, async (body) => {
        for await (const chunk of body) length += chunk.length;
      });
      console.log(length);`;
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ["--input-type=module", "--eval", program, secure.address("/app.tgz")],
      { cwd: root, env: { NODE_EXTRA_CA_CERTS: join(fixtures, "certificate.pem") } },
    );
    expect(Number(stdout)).toBe(bytes.length);
  });
});
