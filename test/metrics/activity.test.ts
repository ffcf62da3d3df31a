import { expect, it, onTestFinished } from "vitest";
import { createBus } from "../../src/events/bus.ts";
import { transitionEvent } from "../../src/events/event.ts";
import { silentLogger } from "../../src/lib/logger.ts";
import { Activity, type ActivitySources, type MachineActivity } from "../../src/metrics/activity.ts";

const none = { illegal: 0, limited: 0, stale: 0 };

function activity() {
  const bus = createBus(silentLogger);
  const made = new Activity(bus);
  onTestFinished(() => made.close());
  const machines: MachineActivity[] = [];
  const topics = { missed: 0 };
  const sources: ActivitySources = {
    machines: () => machines,
    recordsCommitted: async () => 0,
    topicsMissed: () => topics.missed,
    streams: () => 0,
  };
  return {
    made,
    machines,
    topics,
    moves: (machine: string) => {
      const subject = { identity: "host", id: "1", version: "1.0.0", machine };
      bus.publish(transitionEvent(subject, { transition: "go", from: "A", to: "B", by: "person", atMs: 0 }));
    },
    /** The lines of one metric, without `machinist_`. */
    lines: async (name: string) =>
      (await made.text(sources))
        .split("\n")
        .filter((line) => line.startsWith(`machinist_${name}`))
        .map((line) => line.slice("machinist_".length)),
  };
}

it("operations on stores by outcome, and how long they take", async () => {
  const { made, lines } = activity();
  made.storeAnswered({ operation: "get", outcome: "ok", durationMs: 0.05 });
  made.storeAnswered({ operation: "get", outcome: "ok", durationMs: 0.3 });
  made.storeAnswered({ operation: "update", outcome: "WRONG_REVISION", durationMs: 30 });
  const seconds = await lines("kv_operation_seconds");
  expect(seconds).toEqual(
    expect.arrayContaining([
      'kv_operation_seconds_bucket{le="0.00001",operation="get",outcome="ok"} 0',
      'kv_operation_seconds_bucket{le="0.0001",operation="get",outcome="ok"} 1',
      'kv_operation_seconds_bucket{le="0.0005",operation="get",outcome="ok"} 2',
      'kv_operation_seconds_count{operation="get",outcome="ok"} 2',
      'kv_operation_seconds_sum{operation="update",outcome="WRONG_REVISION"} 0.03',
    ]),
  );
});

it("the depth of each machine's queue now, and of no machine that is gone", async () => {
  const { machines, lines } = activity();
  machines.push(
    {
      machine: "m",
      health: "running",
      isPaused: false,
      isDelayed: false,
      queueDepth: 3,
      counters: none,
      watchers: [],
    },
    {
      machine: "n",
      health: "running",
      isPaused: false,
      isDelayed: false,
      queueDepth: 0,
      counters: none,
      watchers: [],
    },
  );
  expect(await lines("queue_depth")).toEqual(['queue_depth{machine="m"} 3', 'queue_depth{machine="n"} 0']);
  machines.shift();
  expect(await lines("queue_depth")).toEqual(['queue_depth{machine="n"} 0']);
});

it("shows whether a transition of each machine waits for the rate limit", async () => {
  const { machines, lines } = activity();
  const of = { health: "running", isPaused: false, queueDepth: 1, counters: none, watchers: [] };
  machines.push({ ...of, machine: "m", isDelayed: true }, { ...of, machine: "n", isDelayed: false });
  expect(await lines("transition_delayed")).toEqual([
    'transition_delayed{machine="m"} 1',
    'transition_delayed{machine="n"} 0',
  ]);
});

it("counts the revisions that each watcher of a running machine missed", async () => {
  const { machines, lines } = activity();
  const missed = { bucket: "B", revisions: 21, isExact: true };
  const watchers = [
    { name: "every", missed },
    { name: "last", missed: undefined },
  ];
  machines.push({
    machine: "m",
    health: "running",
    isPaused: false,
    isDelayed: false,
    queueDepth: 0,
    counters: none,
    watchers,
  });
  const shown = ['revisions_missed_total{machine="m",watcher="every"} 21'];
  expect(await lines("revisions_missed_total")).toEqual(shown);
  expect(await lines("revisions_missed_total")).toEqual(shown);
  machines.shift();
  expect(await lines("revisions_missed_total")).toEqual([]);
});

it("counts the revisions that topics missed without labels", async () => {
  const { topics, lines } = activity();
  expect(await lines("revisions_missed_total")).toEqual([]);
  topics.missed = 7;
  const shown = ["revisions_missed_total 7"];
  expect(await lines("revisions_missed_total")).toEqual(shown);
  expect(await lines("revisions_missed_total")).toEqual(shown);
});

it("what is counted of a machine goes when it goes, whether anybody reads or not, and begins anew with the next", async () => {
  const { made, moves, lines } = activity();
  const looks = { watcher: "w", type: "exec", outcome: "success", durationMs: 1 };
  for (const machine of ["m", "n"]) {
    moves(machine);
    made.looked({ ...looks, machine });
  }
  await made.forget("m");
  expect(await lines("transitions_total")).toEqual(['transitions_total{machine="n",transition="go"} 1']);
  expect(await lines("watcher_looks_total")).toEqual([
    'watcher_looks_total{machine="n",watcher="w",outcome="success"} 1',
  ]);
  moves("m");
  expect(await lines("transitions_total")).toContain('transitions_total{machine="m",transition="go"} 1');
});
