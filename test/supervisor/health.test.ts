/** What is said of a machine's health, by machines that really run. */
import { Type } from "typebox";
import { describe, expect, it } from "vitest";
import { healthOf } from "../../src/supervisor/health.ts";
import type { Observation, WatcherType } from "../../src/watching/watcher.ts";
import { builtInWatcherTypes } from "../../watchers/index.ts";
import { type Supervised, supervise } from "./supervise.ts";

const good: Observation = { outcome: "success", fire: "success" };
const bad: Observation = { outcome: "error", fire: "fail", error: "exit status 1" };

/** A watcher type whose looks end as the test says. */
class Puppet {
  readonly #waiting: ((observation: Observation) => void)[] = [];
  readonly type: WatcherType = {
    type: "puppet",
    schema: Type.Object({}, { additionalProperties: false, description: "A test." }),
    minimumIntervalMs: undefined,
    initialOutcome: "unknown",
    read: (raw) => raw,
    policy: () => ({ start: "at-once", entry: "at-once", intervalMs: undefined }),
    create: () => ({
      observe: (_look, signal) =>
        new Promise<Observation>((resolve) => {
          this.#waiting.push(resolve);
          signal.addEventListener("abort", () => resolve({ outcome: "skipped" }), { once: true });
        }),
    }),
  };

  /** Ends the look that is under way. */
  end(observation: Observation): void {
    this.#waiting.shift()?.(observation);
  }

  get isLooking(): boolean {
    return this.#waiting.length > 0;
  }
}

/** Works until it fails for good; `again` leads back from LIVE, the timer would lead to TIMED_OUT. */
const yaml = `
name: m
version: 1.0.0
initial_state: WORK
rate_limit: false
transitions:
  - { name: done, from: [WORK], destination: LIVE }
  - { name: again, from: [LIVE, BROKEN], destination: WORK }
  - { name: broke, from: [WORK], destination: FAILED }
  - { name: late, from: [WORK, LIVE], destination: TIMED_OUT }
  - { name: hurt, from: [WORK], destination: BROKEN }
watchers:
  - { name: work, type: puppet, state_match: [WORK], success_transition: done, fail_transition: broke }
  - { name: alarm, type: timer, state_match: [WORK, LIVE], fail_transition: late, properties: { timer: 1h } }
`;

async function begin(text = yaml): Promise<{ daemon: Supervised; puppet: Puppet; health: () => string }> {
  const puppet = new Puppet();
  const daemon = await supervise({ "m.yaml": text }, { types: [...builtInWatcherTypes, puppet.type] });
  return { daemon, puppet, health: () => healthOf(daemon.supervisor.slot("m")) };
}

function isIn({ supervisor, until }: Supervised, state: string): Promise<void> {
  return until(() => supervisor.machine("m").state === state);
}

describe("health of a machine", () => {
  it("is failed in an end that a failure led to, also after a restart of the machine", async () => {
    const { daemon, puppet, health } = await begin();
    expect(health()).toBe("running");
    puppet.end(bad);
    await isIn(daemon, "FAILED");
    expect(health()).toBe("failed");
    const replaced = daemon.logged("machine replaced");
    await daemon.write("m.yaml", `${yaml}description: edited\n`);
    await replaced;
    expect(health()).toBe("failed");
  });

  it("is running in an end that a success or an expired timer led to, and in a failure with a way out", async () => {
    const ended = await begin(
      yaml
        .replace("from: [LIVE, BROKEN]", "from: [BROKEN]")
        .replace("late, from: [WORK, LIVE]", "late, from: [WORK]"),
    );
    ended.puppet.end(good);
    await isIn(ended.daemon, "LIVE");
    expect(ended.health()).toBe("running");
    const late = await begin();
    await late.daemon.supervisor.machine("m").request("late", "person");
    expect(late.health()).toBe("running");
    const hurt = await begin(yaml.replace("fail_transition: broke", "fail_transition: hurt"));
    hurt.puppet.end(bad);
    await isIn(hurt.daemon, "BROKEN");
    expect(hurt.health()).toBe("running");
  });

  it("a look that failed counts until the watcher looks well again, or comes back to a state where it looks", async () => {
    const { daemon, puppet, health } = await begin(yaml.replace(", fail_transition: broke", ""));
    const machine = daemon.supervisor.machine("m");
    const error = (): string | undefined => machine.watchers[0]?.error;
    puppet.end(bad);
    await expect.poll(error).toBeDefined();
    expect(health()).toBe("failing");
    await machine.request("hurt", "person");
    expect([health(), error()]).toEqual(["running", "exit status 1"]);
    // The next release: what went wrong with the last one says nothing of it.
    await machine.request("again", "person");
    expect(puppet.isLooking).toBe(true);
    expect([health(), error()]).toEqual(["running", undefined]);
    puppet.end(good);
    await isIn(daemon, "LIVE");
    expect([health(), error()]).toEqual(["running", undefined]);
  });

  it("a new definition forgets the error of the one before", async () => {
    const { daemon, puppet, health } = await begin(yaml.replace(", fail_transition: broke", ""));
    puppet.end(bad);
    await expect.poll(health).toBe("failing");
    const replaced = daemon.logged("machine replaced");
    await daemon.write("m.yaml", yaml);
    await replaced;
    expect(health()).toBe("running");
  });

  it("is waiting, and no warning, while the bucket of a kv watcher was not created yet", async () => {
    const follow = "  - { name: follow, type: kv, interval: 100ms, properties: { bucket: LATER, key: k } }\n";
    const { daemon, health } = await begin(yaml + follow);
    await expect.poll(health).toBe("waiting");
    const told = daemon.lines.filter(({ message }) => /^a watcher (waits|failed)$/.test(message));
    expect(told).toMatchObject([
      { level: "info", message: "a watcher waits", fields: { watcher: "follow" } },
    ]);
    const bucket = await daemon.store.createBucket("LATER");
    await expect.poll(health).toBe("running");
    await bucket.put("k", "v");
    await expect.poll(() => daemon.supervisor.machine("m").record.data["LATER_k"]).toBe("v");
    await daemon.store.destroyBucket("LATER");
    await expect.poll(health).toBe("failing");
  });

  it("counts a failing watcher more than one that waits", async () => {
    const follow = "  - { name: follow, type: kv, properties: { bucket: LATER, key: k } }\n";
    const { puppet, health } = await begin(yaml.replace(", fail_transition: broke", "") + follow);
    await expect.poll(health).toBe("waiting");
    puppet.end(bad);
    await expect.poll(health).toBe("failing");
  });
});
