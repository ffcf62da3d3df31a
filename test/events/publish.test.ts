import { CloudEvent, HTTP, type Message as SdkMessage } from "cloudevents";
import { connect } from "nats";
import { describe, expect, it } from "vitest";
import { createBus, type MachineEvent } from "../../src/events/bus.ts";
import { gossipEvent, governorEvent, transitionEvent, watcherEvent } from "../../src/events/event.ts";
import { type OutgoingMessage, publishEvents } from "../../src/events/publish.ts";
import { openStore } from "../../src/kv/open.ts";
import { type Logger, silentLogger } from "../../src/lib/logger.ts";
import { startServer } from "../setup/nats-server.ts";

const subject = { identity: "host.example", id: "1", version: "1.0.0", machine: "m" };
const at = Date.UTC(2026, 0, 2, 15, 4, 5, 678);
const moved = transitionEvent(subject, { transition: "go", from: "A", to: "B", by: "person", atMs: at });
const announced = watcherEvent(
  subject,
  { name: "w", type: "exec", detail: { state: "success", list: [1] } },
  at,
);
const entered = governorEvent(
  { identity: "host.example", component: "m", governor: "db.restart", sequence: 3, event_type: "enter" },
  at,
);
const said = gossipEvent(subject, { name: "w", subject: "my.news", payload: "up ü" }, at);

function published(events: readonly MachineEvent[], prefix: string): OutgoingMessage[] {
  const bus = createBus(silentLogger);
  const sent: OutgoingMessage[] = [];
  publishEvents(bus, { publish: (message) => sent.push(message) }, { prefix });
  for (const event of events) bus.publish(event);
  return sent;
}

function textOf({ data }: OutgoingMessage): string {
  return new TextDecoder().decode(data);
}

describe("events on the wire", () => {
  it("C29: each goes as structured CloudEvents JSON, on a subject of its kind", () => {
    const sent = published([moved, announced, entered], "choria.machine");
    expect(sent.map(({ subject }) => subject)).toEqual([
      "choria.machine.transition",
      "choria.machine.watcher.exec.state",
      "choria.machine.governor.db_restart.enter",
    ]);
    expect(sent.map((message) => JSON.parse(textOf(message)))).toEqual([moved, announced, entered]);
    for (const { headers } of sent) {
      expect([...headers]).toEqual([["Content-Type", "application/cloudevents+json"]]);
    }
  });

  it("a watcher type of a strange name is one token of the subject", () => {
    const strange = watcherEvent(subject, { name: "w", type: "my.own *>", detail: {} }, at);
    expect(published([strange], "p").map((message) => message.subject)).toEqual([
      "p.watcher.my_own___.state",
    ]);
  });

  it("gossip goes as it was written, on its own subject, also where events are turned off", () => {
    for (const prefix of ["machinist.machine", ""]) {
      const [message, ...others] = published([said], prefix);
      expect(others).toEqual([]);
      expect(message?.subject).toBe("my.news");
      expect([...(message?.data ?? [])]).toEqual([...Buffer.from("up ü")]);
      expect(message?.headers.size).toBe(0);
    }
    expect(published([moved, announced, entered], "")).toEqual([]);
  });

  it("the event of gossip says who said what where", () => {
    expect(said).toMatchObject({
      type: "io.choria.machine.v1.gossip",
      subject: "host.example",
      time: "2026-01-02T15:04:05.678Z",
    });
    expect(said.data).toEqual({
      protocol: "io.choria.machine.v1.gossip",
      identity: "host.example",
      id: "1",
      version: "1.0.0",
      timestamp: 1767366245,
      machine: "m",
      name: "w",
      subject: "my.news",
      payload: "up ü",
    });
  });

  it.each([moved, announced, entered, said])("$type is valid for the SDK of CloudEvents", (event) => {
    const strict = new CloudEvent<unknown>({ ...event }, true);
    expect(strict.validate()).toBe(true);
    const body = JSON.stringify(event);
    const headers = { "content-type": "application/cloudevents+json" };
    const read = HTTP.toEvent({ headers, body } satisfies SdkMessage);
    if (Array.isArray(read)) throw new Error("one event, not several");
    expect(JSON.parse(JSON.stringify(read))).toEqual(event);
  });

  it("the undo ends it; a message that cannot be sent is logged, and those after it go", () => {
    const logged: unknown[] = [];
    const log: Logger = { ...silentLogger, error: (_message, fields) => void logged.push(fields) };
    const bus = createBus(log);
    const sent: string[] = [];
    const undo = publishEvents(
      bus,
      {
        publish(message) {
          if (message.subject === "my.news") throw new Error("too large");
          sent.push(message.subject);
        },
      },
      { prefix: "p" },
    );
    bus.publish(said);
    bus.publish(moved);
    undo();
    bus.publish(moved);
    expect(sent).toEqual(["p.transition"]);
    expect(logged).toEqual([{ type: "io.choria.machine.v1.gossip", reason: "too large" }]);
  });

  it("a plain client of the server gets them", async () => {
    await using server = await startServer("current");
    await using store = await openStore(server.url);
    const client = await connect({ servers: server.url });
    const heard = client.subscribe(">");
    await client.flush();
    if (!store.messages) throw new Error("the store is no message server");
    const bus = createBus(silentLogger);
    publishEvents(bus, store.messages, { prefix: "machinist.machine" });
    for (const event of [moved, announced, said]) bus.publish(event);
    const seen: [string, string][] = [];
    for await (const message of heard) {
      if (message.subject.startsWith("$") || message.subject.startsWith("_")) continue;
      if (seen.push([message.subject, message.string()]) === 3) break;
    }
    expect(seen).toEqual([
      ["machinist.machine.transition", JSON.stringify(moved)],
      ["machinist.machine.watcher.exec.state", JSON.stringify(announced)],
      ["my.news", "up ü"],
    ]);
    await client.close();
  });
});
