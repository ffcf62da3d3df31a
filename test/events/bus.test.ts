import { describe, expect, it } from "vitest";
import { createBus } from "../../src/events/bus.ts";
import { governorEvent, transitionEvent, watcherEvent } from "../../src/events/event.ts";
import { silentLogger } from "../../src/lib/logger.ts";

const subject = { identity: "host", id: "1", version: "1.0.0", machine: "m" };
const move = {
  transition: "go",
  from: "A",
  to: "B",
  by: "person",
  atMs: Date.UTC(2026, 0, 2, 15, 4, 5, 678),
};

describe("the bus", () => {
  it("hands each event to every listener, in order, until it unsubscribes", () => {
    const bus = createBus(silentLogger);
    const seen: string[] = [];
    const undo = bus.subscribe((event) => seen.push(`one ${event.type}`));
    bus.subscribe((event) => seen.push(`two ${event.type}`));
    bus.publish(transitionEvent(subject, move));
    undo();
    bus.publish(transitionEvent(subject, move));
    const type = "io.choria.machine.v1.transition";
    expect(seen).toEqual([`one ${type}`, `two ${type}`, `two ${type}`]);
  });

  it("a listener that throws reaches neither the others nor the publisher, and is logged", () => {
    const logged: unknown[] = [];
    const bus = createBus({ ...silentLogger, error: (_message, fields) => void logged.push(fields) });
    let heard = 0;
    bus.subscribe(() => {
      throw new Error("listener broke");
    });
    bus.subscribe(() => {
      heard += 1;
    });
    bus.publish(transitionEvent(subject, move));
    expect(heard).toBe(1);
    expect(logged).toEqual([{ type: "io.choria.machine.v1.transition", reason: "listener broke" }]);
  });
});

describe("events", () => {
  it("each has an id of its own, and the time of what happened", () => {
    const [one, two] = [transitionEvent(subject, move), transitionEvent(subject, move)];
    expect(one.id).not.toBe(two.id);
    expect(one).toMatchObject({ time: "2026-01-02T15:04:05.678Z", data: { timestamp: 1767366245 } });
  });

  it("C85: a governor event is Choria's of the host's life: the payload has the id of the event", () => {
    const happened = { identity: "host", component: "m", governor: "deploys", sequence: 7 };
    const event = governorEvent({ ...happened, event_type: "exit" }, move.atMs);
    expect(event).toEqual({
      specversion: "1.0",
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      source: "io.choria.lifecycle",
      type: "io.choria.lifecycle.v1.governor",
      subject: "host",
      time: "2026-01-02T15:04:05.678Z",
      datacontenttype: "application/json",
      data: {
        ...happened,
        protocol: "io.choria.lifecycle.v1.governor",
        id: event.id,
        timestamp: 1767366245,
        event_type: "exit",
      },
    });
  });

  it("C50: a watcher event has the common fields, and the type's own, which cannot replace them", () => {
    const detail = { command: "./x", previous_outcome: "unknown", machine: "forged" };
    const event = watcherEvent(subject, { name: "w", type: "exec", detail }, move.atMs);
    expect(event.type).toBe("io.choria.machine.watcher.exec.v1.state");
    expect(event.data).toEqual({
      protocol: "io.choria.machine.watcher.exec.v1.state",
      identity: "host",
      id: "1",
      version: "1.0.0",
      timestamp: 1767366245,
      type: "exec",
      machine: "m",
      name: "w",
      command: "./x",
      previous_outcome: "unknown",
    });
  });
});
