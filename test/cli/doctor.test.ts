/** `machinist doctor`: what it finds well, and what it finds wrong, on real stores and servers. */
import { once } from "node:events";
import { chmod, mkdir, readdir, readFile, truncate, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openStore } from "../../src/kv/open.ts";
import { kinds, startServer } from "../setup/nats-server.ts";
import { Shell } from "./shell.ts";

interface Check {
  readonly check: string;
  readonly state: string;
  readonly text: string;
}

let shell: Shell;

beforeEach(async () => {
  shell = await Shell.create();
  await mkdir(shell.path("machines"));
});

afterEach(() => shell[Symbol.asyncDispose]());

/** Its document, with the texts by the names of the checks. */
async function doctor(...flags: string[]) {
  const { status, stdout } = await shell.run("doctor", "--json", ...flags);
  const { healthy, checks }: { healthy: boolean; checks: Check[] } = JSON.parse(stdout);
  const texts = Object.fromEntries(checks.map(({ check, text }) => [check, text]));
  const problems = checks.filter(({ state }) => state === "problem").map(({ check }) => check);
  expect([healthy, status]).toEqual([problems.length === 0, problems.length === 0 ? 0 : 1]);
  return { texts, problems };
}

describe("doctor --verify", () => {
  async function flip(store: string, text: string): Promise<void> {
    const file = shell.path(".machinist", store, "data.mdb");
    const bytes = await readFile(file);
    for (let at = bytes.indexOf(text); at >= 0; at = bytes.indexOf(text, at + 1)) {
      bytes[at] = (bytes[at] ?? 0) ^ 1;
    }
    await writeFile(file, bytes);
  }

  it("reports that all records are intact", async () => {
    await shell.run("kv", "add", "A");
    await shell.run("kv", "put", "A", "k", "v");
    const { texts, problems } = await doctor("--verify");
    expect(problems).toEqual([]);
    expect(texts["Integrity"]).toBe("4 records, all intact");
    expect(texts["Machines: Integrity"]).toBe("0 records, all intact");
  });

  it("lists each damaged record with bucket, key and revision", async () => {
    await shell.run("kv", "add", "A");
    await shell.run("kv", "put", "A", "first", "intact value");
    await shell.run("kv", "put", "A", "second", "damaged value");
    await flip("store", "damaged value");
    expect((await doctor()).problems).toEqual([]);
    const { stdout, status } = await shell.run("doctor", "--verify", "--json");
    expect(status).toBe(1);
    const { checks }: { checks: Check[] } = JSON.parse(stdout);
    const damage = checks.filter(({ check, state }) => check === "Integrity" && state === "problem");
    // The value is stored in the head of its key and in the log.
    expect(damage).toHaveLength(2);
    for (const { text } of damage) expect(text).toContain('bucket A, key "second", revision 2');
    expect((await shell.run("kv", "get", "A", "first", "--raw")).stdout).toContain("intact value");
    const refused = await shell.run("kv", "get", "A", "second");
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain('bucket A, key "second", revision 2');
  });
});

describe("doctor on the embedded store", () => {
  it("is content before anything was made, and makes nothing", async () => {
    const { texts, problems } = await doctor();
    expect(problems).toEqual([]);
    expect(texts["Store"]).toMatch(/not there yet/);
    expect(texts["Daemon"]).toMatch(/not running/);
    expect(await readdir(shell.directory)).toEqual(["machines"]);
  });

  it("tells where it is, what is in it and how much room there is", async () => {
    await shell.run("kv", "add", "A");
    await shell.run("kv", "put", "A", "k", "v");
    const { texts, problems } = await doctor();
    expect(problems).toEqual([]);
    expect(texts["Store"]).toBe(`embedded (LMDB), in ${shell.path(".machinist", "store")}`);
    expect(texts["Contents"]).toMatch(/^1 buckets, 1 entries, a file of [\d.]+ [KM]iB$/);
    expect(texts["Room"]).toMatch(/ [MGT]iB free$/);
    expect(texts["Data directory"]).toMatch(/writable, private$/);
  });

  it("prints a line per check", async () => {
    const { status, stdout, stderr } = await shell.run("doctor");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toMatch(/^ok {7}machinist: [\d.]+ on Node v\d+/);
    expect(stdout.split("\n").every((line) => /^$|^ok {7}\S[^:]*: ./.test(line))).toBe(true);
  });

  it("says what is wrong with a store that is damaged, and leaves it alone", async () => {
    await shell.run("kv", "add", "A");
    await truncate(shell.path(".machinist", "store", "data.mdb"), 20_000);
    const { texts, problems } = await doctor();
    expect(problems).toEqual(["Store"]);
    expect(texts["Store"]).toMatch(/damaged.*restore it from a backup or move it away/);
  });

  it("says that a directory is open to others, or not there", async () => {
    await mkdir(shell.path(".machinist"), { mode: 0o700 });
    await chmod(shell.path(".machinist"), 0o755);
    await writeFile(shell.path("machinist.yaml"), "machines: nowhere\n");
    const { texts, problems } = await doctor();
    expect(problems).toEqual(["Data directory", "Drop directory"]);
    expect(texts["Data directory"]).toMatch(/open to other users.*: chmod 700 /);
    expect(texts["Drop directory"]).toMatch(/nowhere cannot be read \(ENOENT.*: make it, or name another/);
  });

  it("says that what has the daemon's socket is none", async () => {
    await mkdir(shell.path(".machinist"), { mode: 0o700 });
    await writeFile(shell.path(".machinist", "machinist.sock"), "");
    expect((await doctor()).problems).toEqual(["Daemon"]);
  });
});

describe.each(kinds)("doctor on the %s nats-server", (kind) => {
  it("tells version, features, limits and use", async () => {
    await using server = await startServer(kind);
    await using store = await openStore(server.url);
    await store.createBucket("A");
    const { texts, problems } = await doctor("--store", server.url);
    expect(problems).toEqual([]);
    expect(texts["Server"]).toMatch(`nats-server ${server.version} at 127.0.0.1:`);
    expect(texts["Features"]).toMatch(
      kind === "old"
        ? /cannot do: .*--compress.*\(2\.10\.0 or later\); --marker-ttl.*\(2\.11\.0 or later\)/
        : /can do all/,
    );
    expect(texts["JetStream"]).toBe("enabled for this account, 1 buckets");
    expect(texts["Streams"]).toBe("1 of unlimited");
    expect(texts["Storage"]).toMatch(/^\d+ B of unlimited$/);
    expect(texts["Round Trip"]).toMatch(/^\d+ ms$/);
    expect(texts["Machines: Store"]).toMatch(/not there yet/);
  });

  it("says that JetStream is off", async () => {
    await using server = await startServer(kind, []);
    const { texts, problems } = await doctor("--store", server.url);
    expect(problems).toEqual(["Store"]);
    expect(texts["Store"]).toMatch(/has no JetStream for this user: start it with -js, or enable it/);
  });

  it("says that an account is nearly full", async () => {
    const config = join(shell.directory, "server.conf");
    const limits = "jetstream: { max_streams: 1, max_store: 10M, max_mem: 1M, max_consumers: 100 }";
    await writeFile(
      config,
      `jetstream {}\naccounts { A: { users: [{ user: a, password: b }], ${limits} } }\n`,
    );
    await using server = await startServer(kind, ["-c", config]);
    const url = server.url.replace("//", "//a:b@");
    await using store = await openStore(url);
    await store.createBucket("A");
    const { texts, problems } = await doctor("--store", url);
    expect(problems).toEqual(["Streams"]);
    expect(texts["Streams"]).toMatch(/^1 of 1: nearly used up, raise the limit/);
    expect(texts["Storage"]).toMatch(/^\d+ B of 9.5 MiB$/);
    expect(texts["Consumers"]).toBe("0 of 100");
  });
});

it("doctor says that nobody is there, or that the login is refused", async () => {
  const nobody = await doctor("--store", "nats://127.0.0.1:1");
  expect(nobody.problems).toEqual(["Store"]);
  expect(nobody.texts["Store"]).toMatch(/cannot connect .*; is the server running there\?/);
  await using server = await startServer("current", ["-js", "--user", "me", "--pass", "right"]);
  const refused = await doctor("--store", server.url.replace("//", "//me:wr0ng@"));
  expect(refused.texts["Store"]).toMatch(/^(?!.*wr0ng).*the server refuses user me/);
});

describe("doctor and watchers that handle every revision", () => {
  const machine = (deliver: string) => `
name: m
version: 1.0.0
initial_state: A
transitions:
  - { name: go, from: [A], destination: A }
watchers:
  - { name: w, type: kv, success_transition: go, properties: { bucket: JOBS, mode: watch, deliver: ${deliver} } }
`;

  it("warns of a bucket that keeps one entry per key, and stays content", async () => {
    await writeFile(shell.path("machines", "m.yaml"), machine("every"));
    await shell.run("kv", "add", "JOBS");
    const { texts, problems } = await doctor();
    expect(problems).toEqual([]);
    expect(texts["Bucket JOBS"]).toMatch(
      /^keeps 1 entry per key, but m\/w must handle every revision.*`machinist kv edit JOBS --history 10`$/,
    );
    expect((await shell.run("doctor")).stdout).toMatch(/^warning {2}Bucket JOBS: keeps 1 entry/m);
  });

  it.each([
    ["every", "2"],
    ["last", "1"],
  ])("says nothing with deliver: %s and history %s", async (deliver, history) => {
    await writeFile(shell.path("machines", "m.yaml"), machine(deliver));
    await shell.run("kv", "add", "JOBS", "--history", history);
    expect((await doctor()).texts).not.toHaveProperty("Bucket JOBS");
  });
});

it("doctor says that the daemon does not answer, and does not wait for it", async () => {
  await mkdir(shell.path(".machinist"), { mode: 0o700 });
  const silent = createServer().listen(shell.path(".machinist", "machinist.sock"));
  await once(silent, "listening");
  const { texts, problems } = await doctor();
  silent.close();
  expect(problems).toEqual(["Daemon"]);
  expect(texts["Daemon"]).toMatch(/no answer within 2500 ms/);
});
