/** What a daemon whose store is on NATS says there. */
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "nats";
import { expect, it, onTestFinished } from "vitest";
import { startProgram } from "../cli/program.ts";
import { kinds, startServer } from "../setup/nats-server.ts";

const machine = `
name: m
version: 1.2.3
initial_state: A
transitions:
  - { name: go, from: [A], destination: B }
watchers:
  - name: work
    type: exec
    interval: 500ms
    state_match: [A]
    success_transition: go
    properties: { command: "true" }
  - name: late
    type: timer
    fail_transition: go
    properties: { timer: 1h }
`;

it.each(kinds)(
  "C29: transitions and announcements, under the subjects that are set (%s nats-server)",
  async (kind) => {
    await using server = await startServer(kind);
    const client = await connect({ servers: server.url });
    const heard = client.subscribe("choria.machine.>");
    await client.flush();
    const directory = await mkdtemp(join(tmpdir(), "machinist-events-"));
    await mkdir(join(directory, "machines"));
    await writeFile(join(directory, "machines", "m.yaml"), machine);
    await writeFile(join(directory, "machinist.yaml"), "events: { subject: choria.machine }\n");
    const daemon = startProgram({ directory }, ["run", "--store", server.url]);
    const ended = once(daemon, "close");
    onTestFinished(async () => {
      daemon.kill("SIGKILL");
      await ended;
      await client.close();
      await rm(directory, { recursive: true });
    });
    const seen = new Map<string, unknown>();
    for await (const message of heard) {
      expect(message.headers?.get("Content-Type")).toBe("application/cloudevents+json");
      seen.set(message.subject, message.json());
      if (seen.size === 2) break;
    }
    expect(Object.fromEntries(seen)).toMatchObject({
      "choria.machine.watcher.timer.state": {
        specversion: "1.0",
        type: "io.choria.machine.watcher.timer.v1.state",
        data: { machine: "m", version: "1.2.3", name: "late", timer: 3_600_000_000_000 },
      },
      "choria.machine.transition": {
        specversion: "1.0",
        source: "io.choria.machine",
        type: "io.choria.machine.v1.transition",
        data: { machine: "m", transition: "go", from_state: "A", to_state: "B" },
      },
    });
    daemon.kill("SIGTERM");
    expect(await ended).toEqual([0, null]);
  },
);
