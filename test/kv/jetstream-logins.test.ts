/** Every way to log in to a NATS server, on real ones that insist on it. */
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { nkeys } from "nats";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { NatsOptions } from "../../src/kv/nats-options.ts";
import { openStore } from "../../src/kv/open.ts";
import { createLogger } from "../../src/lib/logger.ts";
import { type Kind, kinds, type RunningServer, startServer } from "../setup/nats-server.ts";
import * as certificates from "./fixtures/certificates.ts";
import { createOperator } from "./fixtures/operator.ts";
import { startHubAndLeaf } from "./fixtures/topologies.ts";

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "machinist-logins-"));
});

afterEach(() => rm(directory, { recursive: true }));

async function file(name: string, text: string): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, text, { mode: 0o600 });
  return path;
}

async function serverWith(kind: Kind, config: string): Promise<RunningServer> {
  return startServer(kind, ["-c", await file("server.conf", config)]);
}

async function works(url: string, nats?: NatsOptions): Promise<void> {
  await using store = await openStore(url, { ...(nats && { nats }) });
  const bucket = await store.createBucket("B");
  await bucket.put("a", "1");
  expect((await bucket.get("a"))?.string()).toBe("1");
}

describe.each(kinds)("on the %s nats-server", (kind) => {
  it("user and password: of the URL, or the password in a file", async () => {
    const users = 'authorization { user: "me", password: "p%ss" }\njetstream {}\n';
    await using server = await serverWith(kind, users);
    await works(server.url.replace("//", "//me:p%25ss@"));
    await works(server.url, { user: "me", passwordFile: await file("password", "p%ss\n") });
    const wrong = openStore(server.url, {
      nats: { user: "me", passwordFile: await file("wrong", "seecret") },
    });
    await expect(wrong).rejects.toMatchObject({
      code: "FAILED",
      message: expect.stringMatching(/^(?!.*seecret).*the server refuses user me \(/),
    });
    await expect(openStore(server.url)).rejects.toThrow(/the server wants a login: put user and password/);
    const nobody = openStore(server.url, { nats: { passwordFile: await file("lone", "p%ss") } });
    await expect(nobody).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringMatching(/the password file .*lone is there without a user/),
    });
  });

  it("a token: of the URL, or in a file", async () => {
    await using server = await serverWith(kind, 'authorization { token: "t0ken" }\njetstream {}\n');
    await works(server.url.replace("//", "//t0ken@"));
    const tokenFile = await file("token", "t0ken\n");
    await works(server.url, { tokenFile });
    await expect(openStore(server.url.replace("//", "//other@"))).rejects.toThrow(
      /refuses the token of the URL/,
    );
    const empty = openStore(server.url, { nats: { tokenFile: await file("empty", "\n") } });
    await expect(empty).rejects.toThrow(/the token file .*empty is none: expected something in it/);
    const two = openStore(server.url.replace("//", "//t0ken@"), { nats: { tokenFile } });
    await expect(two).rejects.toThrow(/is given the token of the URL and the token file .*: one way/);
  });

  it("an nkey", async () => {
    const user = nkeys.createUser();
    const seed = new TextDecoder().decode(user.getSeed());
    await using server = await serverWith(
      kind,
      `authorization { users: [{ nkey: ${user.getPublicKey()} }] }\njetstream {}\n`,
    );
    await works(server.url, { nkeyFile: await file("me.nk", `${seed}\n`) });
    const other = new TextDecoder().decode(nkeys.createUser().getSeed());
    const wrong = openStore(server.url, { nats: { nkeyFile: await file("other.nk", other) } });
    await expect(wrong).rejects.toThrow(/refuses the nkey file .*other\.nk/);
    const none = openStore(server.url, { nats: { nkeyFile: await file("none.nk", "hello") } });
    await expect(none).rejects.toMatchObject({
      code: "INVALID_CONFIG",
      message: expect.stringMatching(/none\.nk is none: expected the seed of a user/),
    });
  });

  it("a credentials file, of a server with an operator", async () => {
    const operator = createOperator();
    await using server = await serverWith(kind, operator.config);
    await works(server.url, { credentialsFile: await file("me.creds", operator.credentials()) });
    const old = await file("old.creds", operator.credentials(Math.floor(Date.now() / 1000) - 5));
    await expect(openStore(server.url, { nats: { credentialsFile: old } })).rejects.toThrow(
      /refuses the credentials file .*old\.creds/,
    );
    const foreign = await file("foreign.creds", createOperator().credentials());
    await expect(openStore(server.url, { nats: { credentialsFile: foreign } })).rejects.toThrow(
      /refuses the credentials file .*foreign\.creds/,
    );
    await expect(
      openStore(server.url, { nats: { credentialsFile: join(directory, "no.creds") } }),
    ).rejects.toThrow(/the credentials file .*no\.creds cannot be read: ENOENT/);
  });

  it("TLS, with an authority of our own, and with a certificate of the client's", async () => {
    const { ca, otherCa, server: own, client } = certificates;
    const tls = (more: string) =>
      `jetstream {}\ntls { cert_file: "${own.cert}", key_file: "${own.key}", ${more} }\n`;
    const forAll = await serverWith(kind, tls("timeout: 5"));
    const url = forAll.url.replace("nats://", "tls://");
    await works(url, { tls: { caFile: ca } });
    await works(forAll.url, { tls: { caFile: ca } });
    await expect(openStore(url, { nats: { tls: { caFile: otherCa } } })).rejects.toThrow(
      /its certificate is not good for the CA file .*other\.pem/,
    );
    await expect(openStore(url)).rejects.toThrow(/is not good for the authorities that Node trusts/);
    await forAll[Symbol.asyncDispose]();
    await using forSome = await serverWith(kind, tls(`timeout: 5, ca_file: "${ca}", verify: true`));
    const files = { caFile: ca, certFile: client.cert, keyFile: client.key };
    await works(forSome.url, { tls: files });
    await expect(openStore(forSome.url, { nats: { tls: { caFile: ca } } })).rejects.toThrow(
      "does it want a client certificate?",
    );
    await expect(
      openStore(forSome.url, { nats: { tls: { caFile: ca, certFile: client.cert } } }),
    ).rejects.toThrow(/a certificate without its key/);
  });

  it("several servers in one URL: one that is down is passed over", async () => {
    await using server = await startServer(kind);
    const { host } = new URL(server.url);
    await works(`nats://127.0.0.1:1,${host}`);
  });

  it("several servers in one URL: when the one in use is killed, another is used", async () => {
    await using one = await startServer(kind);
    await using two = await startServer(kind);
    for (const server of [one, two]) {
      await using store = await openStore(server.url);
      await (await store.createBucket("B")).put("a", server.url);
    }
    await using store = await openStore(`${one.url},${new URL(two.url).host}`);
    const bucket = await store.openBucket("B");
    const used = (await bucket.get("a"))?.string();
    expect([one.url, two.url]).toContain(used);
    const [first, other] = used === one.url ? [one, two] : [two, one];
    await first[Symbol.asyncDispose]();
    // Opened again: the one there is another bucket of this name, which ends the handle as soon as that is noticed.
    const there = await store.openBucket("B");
    expect((await there.get("a"))?.string()).toBe(other.url);
  });

  it("a JetStream domain behind a leaf node", async () => {
    await using servers = await startHubAndLeaf(kind);
    await using hub = await openStore(servers.hub.url);
    const there = await hub.createBucket("FAR", { history: 3 });
    await there.put("a", "1");
    await using store = await openStore(servers.leaf.url, { nats: { domain: "hub" } });
    const bucket = await store.openBucket("FAR");
    await using watch = bucket.watch();
    expect(await bucket.put("a", "2")).toBe(2);
    expect((await there.get("a"))?.string()).toBe("2");
    expect((await bucket.get("a", { stale: true }))?.string()).toBe("2");
    const seen: (number | string)[] = [];
    for await (const item of watch) {
      seen.push(item.operation === "READY" ? "READY" : item.revision);
      if (item.revision === 2 && seen.includes("READY")) break;
    }
    expect(seen).toContain(2);
    expect((await store.listBuckets()).map(({ bucket: name }) => name)).toEqual(["FAR"]);
    await using leaf = await openStore(servers.leaf.url);
    expect(await leaf.listBuckets()).toEqual([]);
  });
});

it("secrets that others may read are warned of, by the name of their file", async () => {
  await using server = await serverWith("current", 'authorization { token: "t0ken" }\njetstream {}\n');
  const tokenFile = await file("token", "t0ken");
  await chmod(tokenFile, 0o644);
  let said = "";
  const destination = new Writable({
    write(chunk, _, done) {
      said += String(chunk);
      done();
    },
  });
  const log = createLogger({ level: "debug", format: "json", colour: false, destination });
  await using _store = await openStore(server.url, { log, nats: { tokenFile } });
  expect(said).toMatch(/others may read the token file: make it private with chmod 600/);
  expect(said).not.toMatch(/t0ken/);
});
