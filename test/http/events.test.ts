import { once } from "node:events";
import { connect } from "node:net";
import { describe, expect, it } from "vitest";
import { gossipEvent } from "../../src/events/event.ts";
import { RecentEvents } from "../../src/events/recent.ts";
import { eventRoutes } from "../../src/http/events.ts";
import { heartbeatMs, LiveStreams } from "../../src/http/live.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { SimulatedClock } from "../simulated-clock.ts";
import { yaml } from "../supervisor/supervise.ts";
import { serving } from "./serving.ts";
import { runningDaemon } from "./surfaces.ts";

const files = { "m.yaml": yaml("m"), "n.yaml": yaml("n") };
const isMove = ({ data }: { data: { type: string } }) => data.type === "io.choria.machine.v1.transition";

describe("events as they happen", () => {
  it("come with ids, of one machine when asked", async () => {
    const { ask, stream } = await runningDaemon(files);
    const reader = await stream("/v1/events?machine=n");
    expect(reader.answer.headers).toMatchObject({
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
    });
    await ask("POST", "/v1/machines/m/transition", { transition: "go" });
    await ask("POST", "/v1/machines/n/transition", { transition: "go" });
    expect(await reader.next()).toMatchObject({
      id: expect.stringMatching(/^[a-z0-9]+-\d+$/),
      event: "message",
      data: { specversion: "1.0", data: { machine: "n", transition: "go", from_state: "A", to_state: "B" } },
    });
    reader.leave();
  });

  it("whoever was away gets what came after the last one it had", async () => {
    const { ask, stream } = await runningDaemon(files);
    const reader = await stream("/v1/events?machine=m");
    for (const transition of ["go", "back"]) await ask("POST", "/v1/machines/m/transition", { transition });
    const { id = "" } = await reader.next();
    reader.leave();
    await ask("POST", "/v1/machines/m/transition", { transition: "go" });
    const again = await stream("/v1/events?machine=m&follow=false", { "last-event-id": id });
    const moves = (await again.rest()).filter(isMove);
    expect(moves.map(({ data }) => data.data.transition)).toEqual(["back", "go"]);
  });

  it("an id that is not of this daemon is a gap, and then all that is known", async () => {
    const { ask, stream } = await runningDaemon(files);
    await ask("POST", "/v1/machines/m/transition", { transition: "go" });
    const reader = await stream("/v1/events?follow=false", { "last-event-id": "abc-1" });
    const [first, ...others] = await reader.rest();
    expect(first).toMatchObject({ event: "gap", data: { after: "abc-1" } });
    expect(others.filter(isMove)).toHaveLength(1);
  });

  it("since a time, and to the end", async () => {
    const { ask, stream } = await runningDaemon(files);
    await ask("POST", "/v1/machines/m/transition", { transition: "go" });
    const all = await (await stream("/v1/events?follow=false&since=1970-01-01T00:00:00Z")).rest();
    expect(all.filter(isMove)).toHaveLength(1);
    expect(await (await stream("/v1/events?follow=false&since=2999-01-01T00:00:00Z")).rest()).toEqual([]);
    expect(await (await stream("/v1/events?follow=false")).rest()).toEqual([]);
    expect(await ask("GET", "/v1/events?since=yesterday")).toMatchObject({ status: 400 });
  });

  it("a daemon that stops ends all streams, and is not kept by them", async () => {
    const { daemon, stream } = await runningDaemon(files);
    const readers = await Promise.all(Array.from({ length: 20 }, () => stream("/v1/events")));
    await daemon.stop();
    // The machines that stop may still say something.
    for (const reader of readers) expect((await reader.rest()).filter(isMove)).toEqual([]);
  });
});

/** @param id of machine m */
function largeEvent(id: string, payload = "x".repeat(60_000)) {
  const subject = { subject: "x", payload };
  const of = { identity: "h", id, version: "1", machine: "m", name: "w", ...subject };
  return gossipEvent(of, of, Date.now());
}

describe("many and slow readers", () => {
  async function live(options: { longestBacklog?: number; clock?: SimulatedClock } = {}) {
    const streams = new LiveStreams({ clock: systemClock, ...options });
    const test = await serving({
      routes: ({ services }) => [eventRoutes(new RecentEvents(services.bus, 0), streams)],
    });
    return { ...test, streams };
  }
  const asking = "GET /v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n";

  it("a reader for whom too much waits is dropped; the others are not", async () => {
    const { port, streams, services, supervisor } = await live({ longestBacklog: 64 * 1024 });
    const slow = connect(port, "127.0.0.1");
    slow.write(asking);
    await once(slow, "data");
    slow.pause();
    const other = connect(port, "127.0.0.1");
    other.write(asking);
    await once(other, "data");
    other.resume();
    const event = largeEvent(supervisor.machine("m").record.id);
    await expect
      .poll(
        () => {
          services.bus.publish(event);
          return streams.count;
        },
        { interval: 1 },
      )
      .toBe(1);
    slow.destroy();
    other.destroy();
  });

  it("a reader that stopped reading is dropped at the second heartbeat, however little waits", async () => {
    const clock = new SimulatedClock();
    const { port, streams, services, supervisor } = await live({ clock, longestBacklog: 64 * 1024 * 1024 });
    const [stalled, other] = [connect(port, "127.0.0.1"), connect(port, "127.0.0.1")];
    for (const socket of [stalled, other]) {
      socket.write(asking);
      await once(socket, "data");
    }
    stalled.pause();
    let heard = "";
    other.on("data", (chunk) => {
      heard = `${heard}${chunk}`.slice(-10_000);
    });
    // More than the system keeps for a connection.
    const { id } = supervisor.machine("m").record;
    for (let count = 0; count < 300; count += 1) services.bus.publish(largeEvent(id));
    services.bus.publish(largeEvent(id, "the last"));
    await clock.advance(20);
    await expect.poll(() => heard.includes("the last")).toBe(true);
    await clock.advance(heartbeatMs);
    expect(streams.count).toBe(2);
    await clock.advance(heartbeatMs);
    await expect.poll(() => streams.count).toBe(1);
    await clock.advance(2 * heartbeatMs);
    expect(streams.count).toBe(1);
    stalled.destroy();
    other.destroy();
  });

  it("a daemon drops a reader that stopped reading while little waits for it, and counts one less", async () => {
    const { ask, socketPath, daemon } = await runningDaemon(files);
    const [stalled, other] = [connect(socketPath), connect(socketPath)];
    for (const socket of [stalled, other]) {
      socket.write(asking);
      await once(socket, "data");
    }
    stalled.pause();
    let heard = "";
    other.on("data", (chunk) => {
      heard = `${heard}${chunk}`.slice(-10_000);
    });
    const streams = async () =>
      /^machinist_http_streams (\d+)$/m.exec((await ask("GET", "/metrics")).body)?.[1];
    expect(await streams()).toBe("2");
    const event = largeEvent(daemon.supervisor.machine("m").record.id);
    let published = 0;
    do {
      daemon.bus.publish(event);
      published += 60_000;
    } while ((await streams()) === "2");
    expect(await streams()).toBe("1");
    // What the system keeps for a connection, the longest backlog, and one batch.
    expect(published).toBeLessThan(4 * 1024 * 1024);
    await ask("POST", "/v1/machines/m/transition", { transition: "go" });
    await expect.poll(() => heard.includes('"transition":"go"')).toBe(true);
    stalled.destroy();
    other.destroy();
  });

  it("heartbeats come while nothing else does", async () => {
    const clock = new SimulatedClock();
    const { port } = await live({ clock });
    const socket = connect(port, "127.0.0.1").setEncoding("utf8");
    socket.write(asking);
    await once(socket, "data");
    const beat = once(socket, "data");
    await clock.advance(heartbeatMs);
    expect((await beat)[0]).toContain(": \n\n");
    socket.destroy();
  });
});
