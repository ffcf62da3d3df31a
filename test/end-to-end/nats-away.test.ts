/** A daemon whose NATS server is away when it starts. */
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, it, onTestFinished } from "vitest";
import { openStore } from "../../src/kv/open.ts";
import { startProgram } from "../cli/program.ts";
import { startServer } from "../setup/nats-server.ts";

const machine = `
name: m
version: 1.0.0
initial_state: A
transitions:
  - { name: go, from: [A], destination: B }
  - { name: away, from: [B], destination: WAITING }
  - { name: found, from: [WAITING], destination: C }
watchers:
  - name: work
    type: exec
    interval: 500ms
    state_match: [A]
    success_transition: go
    properties: { command: "true" }
  - name: key
    type: kv
    interval: 200ms
    state_match: [B, WAITING]
    fail_transition: away
    success_transition: found
    properties: { bucket: CFG, key: wanted, mode: poll }
`;

it("runs its machines, says once that it waits, and goes on when the server comes", async () => {
  await using server = await startServer("current");
  await server.stop();
  const directory = await mkdtemp(join(tmpdir(), "machinist-away-"));
  await mkdir(join(directory, "machines"));
  await writeFile(join(directory, "machines", "m.yaml"), machine);
  const daemon = startProgram({ directory }, ["run", "--store", server.url, "--log-format", "json"]);
  const ended = once(daemon, "close");
  onTestFinished(async () => {
    daemon.kill("SIGKILL");
    await ended;
    await rm(directory, { recursive: true });
  });
  const said: string[] = [];
  createInterface(daemon.stderr).on("line", (line) => said.push(line));
  await once(daemon.stdout, "data");
  await using records = await openStore(`lmdb:${directory}/.machinist/state`);
  await using states = (await records.openBucket("machinist-machines")).watch();
  const until = async (state: string): Promise<void> => {
    for (;;) {
      const { value: item } = await states.next();
      if (item?.operation === "PUT" && item.string().includes(`"state":"${state}"`)) return;
    }
  };

  await until("WAITING");
  await server.restart();
  await using store = await openStore(server.url);
  await (await store.createBucket("CFG")).put("wanted", "1");
  await until("C");
  const waits = said.filter((line) => line.includes("the store is not there: trying"));
  expect(waits).toEqual([expect.stringContaining("connection refused")]);
  daemon.kill("SIGTERM");
  expect(await ended).toEqual([0, null]);
});
