import { expect, it } from "vitest";
import { createBus } from "../../src/events/bus.ts";
import { transitionEvent } from "../../src/events/event.ts";
import { RecentEvents } from "../../src/events/recent.ts";
import { silentLogger } from "../../src/lib/logger.ts";

function recentOf(most: number) {
  const bus = createBus(silentLogger);
  const recent = new RecentEvents(bus, 36, most);
  const subject = { identity: "h", id: "i", version: "1", machine: "m" };
  const publish = (...transitions: string[]) => {
    for (const transition of transitions)
      bus.publish(transitionEvent(subject, { transition, from: "A", to: "B", by: "person", atMs: 0 }));
  };
  const idsAfter = (id: string) => {
    const { isComplete, events } = recent.after(id);
    return [isComplete, events.map((event) => event.id)];
  };
  return { recent, publish, idsAfter };
}

it("keeps the last ones, and says when what is asked for is gone", () => {
  const { recent, publish, idsAfter } = recentOf(3);
  expect(idsAfter("10-0")).toEqual([true, []]);
  publish("a", "b");
  expect(idsAfter("10-0")).toEqual([true, ["10-1", "10-2"]]);
  publish("c", "d", "e", "f", "g");
  expect(recent.all.map(({ id }) => id)).toEqual(["10-5", "10-6", "10-7"]);
  expect(idsAfter("10-7")).toEqual([true, []]);
  expect(idsAfter("10-4")).toEqual([true, ["10-5", "10-6", "10-7"]]);
  expect(idsAfter("10-3")).toEqual([false, ["10-5", "10-6", "10-7"]]);
});

it.each(["", "10", "10-", "10-x", "10-8", "11-1", "10--1", "__proto__"])(
  "%j is no id of these, so all are given and a gap is told",
  (id) => {
    const { publish, idsAfter } = recentOf(3);
    publish("a");
    expect(idsAfter(id)).toEqual([false, ["10-1"]]);
  },
);

it("after close nothing is kept", () => {
  const { recent, publish } = recentOf(3);
  recent.close();
  publish("a");
  expect(recent.all).toEqual([]);
});
