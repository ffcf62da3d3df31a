/** Servers that accept connections and then say nothing: every attempt ends, and closes its socket. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openStore } from "../../src/kv/open.ts";
import { runProgram } from "../cli/program.ts";
import { startServer } from "../setup/nats-server.ts";
import { startSilentListener } from "./fixtures/silent-listener.ts";

describe.concurrent("a server that accepts connections and says nothing", () => {
  it("openStore: rejects with TIMEOUT and closes its socket", async () => {
    await using silent = await startSilentListener();
    await expect(openStore(silent.url)).rejects.toMatchObject({
      code: "TIMEOUT",
      message: expect.stringContaining("no answer within 5 s"),
    });
    await silent.hasOpen(0);
    expect(silent.accepted).toBe(1);
  });

  it("openStore: tries the next server of the URL, and leaves no socket at the silent one", async () => {
    await using silent = await startSilentListener();
    await using server = await startServer("current");
    const hosts = [silent.url, server.url].map((url) => url.replace("nats://", ""));
    for (let round = 0; silent.accepted === 0 && round < 50; round++) {
      // The client picks its first server at random.
      await using store = await openStore(`nats://${hosts.join(",")}`);
      expect(await store.listBuckets()).toEqual([]);
    }
    expect(silent.accepted).toBe(1);
    await silent.hasOpen(0);
  });

  it("a store that waits for its server: holds at most one socket, and none after close", async () => {
    await using silent = await startSilentListener();
    const store = await openStore(silent.url, { waitForServer: true });
    await silent.hasAccepted(2);
    await silent.hasOpen(1);
    await silent.hasAccepted(3);
    await silent.hasOpen(1);
    await store.close();
    await silent.hasOpen(0);
  });

  it.each(["kv get B k", "kv ls", "kv put B k v", "kv watch B --once --timeout 1s", "governor ls", "doctor"])(
    "machinist %s: prints its error and ends",
    async (line) => {
      await using silent = await startSilentListener();
      const directory = await mkdtemp(join(tmpdir(), "machinist-silent-"));
      try {
        const ran = await runProgram({ directory }, ...line.split(" "), "--store", silent.url);
        expect(ran.status).toBe(line === "doctor" ? 1 : 5);
        expect(ran.stdout + ran.stderr).toContain(`no answer within ${line === "doctor" ? 2.5 : 5} s`);
        await silent.hasOpen(0);
      } finally {
        await rm(directory, { recursive: true, force: true });
      }
    },
  );
});

describe.concurrent("a nats-server that stops answering", () => {
  it("machinist kv get: ends while the server is stopped with SIGSTOP", async () => {
    await using server = await startServer("current");
    const directory = await mkdtemp(join(tmpdir(), "machinist-silent-"));
    await server.pause();
    try {
      const ran = await runProgram({ directory }, "kv", "get", "B", "k", "--store", server.url);
      expect(ran).toMatchObject({ status: 5, stdout: "" });
      expect(ran.stderr).toContain("no answer within 5 s");
    } finally {
      server.resume();
      await rm(directory, { recursive: true, force: true });
    }
  });

  it("a connected store: requests end with TIMEOUT and close ends while the server is stopped", async () => {
    await using server = await startServer("current");
    const store = await openStore(server.url);
    const bucket = await store.createBucket("B");
    await server.pause();
    try {
      await expect(bucket.put("a", "1")).rejects.toMatchObject({ code: "TIMEOUT" });
      await store.close();
    } finally {
      server.resume();
    }
  });
});
