/** Deliveries while their machine is replaced, cannot be started or cannot take them. */
import { createHmac } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Type } from "typebox";
import { describe, expect, it } from "vitest";
import type { MachineEvent } from "../../../src/events/bus.ts";
import { deliver } from "../../../src/http/webhooks/deliver.ts";
import { systemClock } from "../../../src/lib/clock.ts";
import type { JsonObject } from "../../../src/lib/json.ts";
import { healthOf } from "../../../src/supervisor/health.ts";
import type { WatcherType } from "../../../src/watching/watcher.ts";
import { builtInWatcherTypes } from "../../../watchers/index.ts";
import { SimulatedClock } from "../../simulated-clock.ts";
import { supervise } from "../../supervisor/supervise.ts";

const machine = (secret: string, more = "") => `
name: m
version: 1.0.0
initial_state: A
transitions:
  - { name: go, from: [A], destination: B }
  - { name: back, from: [B], destination: A }
watchers:
  - { name: push, type: webhook, success_transition: go, properties: { ${secret}, store: push } }
${more}`;
const known = machine("secret: long-enough");

function delivery(body: string, { secret = "long-enough", watcher = "push", name = "m", id = "" } = {}) {
  const signature = createHmac("sha256", secret).update(body).digest("hex");
  const headers: JsonObject = { "x-hub-signature-256": `sha256=${signature}`, "x-github-delivery": id };
  return { name, watcher, input: { headers, body: Buffer.from(body).toString("base64") } };
}

/** A watcher whose looks end when the test says so: its machine is stopping until then. */
function held() {
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const type: WatcherType = {
    type: "held",
    schema: Type.Object({}),
    minimumIntervalMs: undefined,
    initialOutcome: "unknown",
    read: () => ({}),
    policy: () => ({ start: "at-once", entry: "at-once", intervalMs: undefined }),
    create: () => ({ observe: () => released.then(() => ({ outcome: "done" })) }),
  };
  return { type, release: () => release() };
}

async function replacing() {
  const { type, release } = held();
  const test = await supervise(
    { "m.yaml": machine("secret: long-enough", "  - { name: hold, type: held }\n") },
    { types: [...builtInWatcherTypes, type] },
  );
  const before = test.supervisor.machine("m");
  await test.write("m.yaml", machine("secret: another-one"));
  await expect.poll(() => before.mode).toBe("stopping");
  return { ...test, release, before };
}

describe("deliver: while the machine is replaced", () => {
  it("waits for the new machine, whose secret counts", async () => {
    const { supervisor, release, before } = await replacing();
    const delivered = deliver(supervisor, delivery("1", { secret: "another-one" }), systemClock);
    // Refused at once: it does not show that the machine is replaced.
    await expect(deliver(supervisor, delivery("2"), systemClock)).rejects.toMatchObject({
      code: "UNAUTHENTICATED",
    });
    expect(before.mode).toBe("stopping");
    release();
    expect(await delivered).toBe("received");
    expect(supervisor.machine("m")).not.toBe(before);
    expect(supervisor.machine("m").record).toMatchObject({ state: "B", data: { push: 1 } });
  });

  it("is refused with STOPPED when the supervisor stops instead", async () => {
    const { supervisor, release } = await replacing();
    const delivered = deliver(supervisor, delivery("1", { secret: "another-one" }), systemClock);
    const refused = expect(delivered).rejects.toMatchObject({ code: "STOPPED" });
    const stopped = supervisor.stop();
    release();
    await stopped;
    await refused;
  });
});

it("deliver: a machine that cannot be started answers STOPPED, only to a sender who knows the secret", async () => {
  const { supervisor, store, write, until } = await supervise();
  await (await store.openBucket("machinist-machines")).put("m", "{garbage");
  await write("m.yaml", known);
  await until(() => supervisor.slots[0]?.problem !== undefined);
  await expect(deliver(supervisor, delivery("1"), systemClock)).rejects.toMatchObject({
    code: "STOPPED",
    message: expect.stringContaining("machine m does not run: "),
  });
  await expect(deliver(supervisor, delivery("1", { secret: "wrong" }), systemClock)).rejects.toMatchObject({
    code: "UNAUTHENTICATED",
  });
});

it("deliver: a transition that is not legal is answered not_fired, and its data is kept", async () => {
  const { supervisor } = await supervise({ "m.yaml": known });
  expect(await deliver(supervisor, delivery("1"), systemClock)).toBe("received");
  expect(await deliver(supervisor, delivery("2"), systemClock)).toBe("not_fired");
  expect(supervisor.machine("m").record).toMatchObject({ state: "B", transitions: 1, data: { push: 2 } });
});

it("deliver: every refusal takes the same time", async () => {
  const { supervisor } = await supervise({ "m.yaml": known });
  const clock = new SimulatedClock();
  for (const refused of [
    delivery("1", { secret: "wrong" }),
    delivery("1", { name: "none" }),
    delivery("1", { watcher: "none" }),
  ]) {
    let answered = false;
    const answer = deliver(supervisor, refused, clock).catch(() => {
      answered = true;
    });
    await expect.poll(() => clock.armed).toBe(1);
    await clock.advance(99);
    expect(answered).toBe(false);
    await clock.advance(1);
    await answer;
  }
});

describe("deliver: a secret file that cannot be read", () => {
  it("is logged once, shown, and makes the machine failing until it can be read", async () => {
    const { supervisor, lines, drop, until } = await supervise({
      "m.yaml": machine("secret_file: hook.secret"),
    });
    const errors = () => lines.filter(({ level }) => level === "error");
    await until(() => errors().length > 0);
    const reason = expect.stringMatching(
      /^secret_file \S+\/hook\.secret cannot be used: ENOENT.*; expected a file with the secret that the daemon's user can read\. /,
    );
    for (let time = 0; time < 2; time++)
      await expect(deliver(supervisor, delivery("1"), systemClock)).rejects.toMatchObject({
        code: "UNAUTHENTICATED",
        message: expect.stringMatching(/^webhook refused: /),
      });
    expect(errors()).toEqual([
      {
        level: "error",
        message: "the watcher cannot take inputs",
        fields: { machine: "m", watcher: "push", reason },
      },
    ]);
    const slot = supervisor.slot("m");
    expect(healthOf(slot)).toBe("failing");
    expect(slot.machine?.watchers[0]?.problem).toEqual(reason);
    await writeFile(join(drop, "hook.secret"), "long-enough\n");
    expect(await deliver(supervisor, delivery("1"), systemClock)).toBe("received");
    expect(healthOf(slot)).toBe("running");
    expect(slot.machine?.watchers[0]?.problem).toBeUndefined();
  });
});

const droppedIn = (events: readonly MachineEvent[]) =>
  events.map(({ data }) => data).filter((data) => "dropped" in data);

describe("deliver: stored deliveries", () => {
  const keeping = (store: string) =>
    known
      .replace("success_transition: go", "state_match: [A], success_transition: go")
      .replace(", store: push", `, when_inactive: keep${store}`);

  it("that do not fit into the data are dropped with a reason and an event; later ones fire", async () => {
    const { supervisor, events, lines, until } = await supervise({ "m.yaml": keeping(", store: push") });
    const running = supervisor.machine("m");
    await running.request("go", "person");
    const large = JSON.stringify("x".repeat(100 * 1024));
    expect(await deliver(supervisor, delivery(large, { id: "large" }), systemClock)).toBe("stored");
    expect(await deliver(supervisor, delivery('"small"', { id: "small" }), systemClock)).toBe("stored");
    await running.patchData({ other: "y".repeat(450 * 1024) }, "person");
    await running.request("back", "person");
    await until(() => running.record.data["push"] === "small");
    expect(running.state).toBe("B");
    const reason = expect.stringMatching(/^the data of machine m would be /);
    expect(lines.filter(({ level }) => level === "error")).toMatchObject([
      { fields: { watcher: "push", deliveries: ["large"], reason } },
    ]);
    await until(() => droppedIn(events).length > 0);
    expect(droppedIn(events)).toMatchObject([{ type: "webhook", name: "push", dropped: ["large"], reason }]);
  });

  it("of a watcher that stored no body before are dropped when it stores one now", async () => {
    const { supervisor, events, write, until, logged } = await supervise({ "m.yaml": keeping("") });
    await supervisor.machine("m").request("go", "person");
    expect(await deliver(supervisor, delivery("1", { id: "old" }), systemClock)).toBe("stored");
    const replaced = logged("machine replaced");
    await write("m.yaml", keeping(", store: push"));
    await replaced;
    const running = supervisor.machine("m");
    expect(await deliver(supervisor, delivery("2", { id: "new" }), systemClock)).toBe("stored");
    await running.request("back", "person");
    await until(() => running.record.data["push"] === 2);
    await until(() => droppedIn(events).length > 0);
    expect(droppedIn(events)).toMatchObject([{ state: "received", dropped: ["old"] }]);
  });
});
