import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Frame } from "../../src/http/live.ts";
import { MachineChanges } from "../../src/http/machine-changes.ts";
import { SimulatedClock } from "../simulated-clock.ts";
import { supervise, yaml } from "../supervisor/supervise.ts";
import { type EventReader, runningDaemon } from "./surfaces.ts";

const files = { "m.yaml": yaml("m"), "n.yaml": yaml("n") };

async function untilReady(reader: EventReader) {
  const seen = [];
  for (let event = await reader.next(); event.event !== "ready"; event = await reader.next())
    seen.push(event);
  return seen;
}

/** The next about a machine that is as wanted. */
async function next(reader: EventReader, wanted: object) {
  for (;;) {
    const event = await reader.next();
    try {
      expect(event).toMatchObject(wanted);
      return event;
    } catch {
      // One of an earlier change.
    }
  }
}

describe("what changes about machines", () => {
  it("begins with all that there are", async () => {
    const { stream } = await runningDaemon(files);
    const reader = await stream("/v1/machine-changes");
    const first = await untilReady(reader);
    expect(first.map(({ event, data }) => [event, data.name]).sort()).toEqual([
      ["machine", "m"],
      ["machine", "n"],
    ]);
    reader.leave();
  });

  it("is told of: a transition, data, a file with faults, a file that goes", async () => {
    const { ask, stream, directory } = await runningDaemon(files);
    const reader = await stream("/v1/machine-changes");
    await untilReady(reader);
    await ask("POST", "/v1/machines/m/transition", { transition: "go" });
    const moved = await next(reader, {
      event: "machine",
      data: { name: "m", state: "B", transitions: ["back"] },
    });
    await ask("PUT", "/v1/machines/m/data/a", { value: 1 });
    const changed = await next(reader, { data: { name: "m" } });
    expect(changed.data.change).toBeGreaterThan(moved.data.change);
    await writeFile(join(directory, "machines/n.yaml"), "name: n\nversion: 1\n");
    await next(reader, {
      data: {
        name: "n",
        health: "faulty",
        state: "A",
        faults: [expect.any(String), expect.any(String), expect.any(String), expect.any(String)],
      },
    });
    await rm(join(directory, "machines/n.yaml"));
    await next(reader, { event: "gone", data: { name: "n" } });
    reader.leave();
  });

  it("is told of a transition that waits for the rate limit, and of its end", async () => {
    const limited = yaml("m", "rate_limit: { delays: [1h] }\n");
    const { ask, stream, directory } = await runningDaemon({ "m.yaml": limited });
    const reader = await stream("/v1/machine-changes");
    await untilReady(reader);
    const asked = ask("POST", "/v1/machines/m/transition", { transition: "go" });
    const { data } = await next(reader, {
      data: { delayed: { transition: "go", by: expect.any(String), reason: "rate limit" } },
    });
    const { since, until } = data["delayed"] as { since: string; until: string };
    const waitMs = Date.parse(until) - Date.parse(since);
    expect(waitMs).toBeGreaterThanOrEqual(1_800_000);
    expect(waitMs).toBeLessThan(5_400_000);
    await rm(join(directory, "machines/m.yaml"));
    await next(reader, { event: "gone", data: { name: "m" } });
    expect(await asked).toMatchObject({ status: 503 });
    reader.leave();
  });

  it("of two files of one name it is the one that runs, and quiet as long as nothing changes", async () => {
    const clock = new SimulatedClock();
    const { supervisor } = await supervise({ "m.yaml": yaml("m"), "m/machine.yaml": yaml("m") });
    expect(supervisor.slots.map(({ name }) => name)).toEqual(["m", "m"]);
    const changes = new MachineChanges(() => supervisor.slots, clock);
    const seen: Frame[] = [];
    const leave = changes.follow((_name, frame) => seen.push(frame));
    await clock.advance(1000);
    expect(seen.map(({ event, data }) => [event, JSON.parse(data).state])).toEqual([
      ["machine", "A"],
      ["ready", undefined],
    ]);
    leave();
  });

  it("is compared once for all who read, a few times in a second, and by nobody's asking not at all", async () => {
    const clock = new SimulatedClock();
    const { supervisor } = await supervise({ "m.yaml": yaml("m") });
    let looks = 0;
    const changes = new MachineChanges(() => {
      looks += 1;
      return supervisor.slots;
    }, clock);
    await clock.advance(60_000);
    expect(looks).toBe(0);
    const seen: Frame[] = [];
    const undo = [changes.follow((_name, frame) => seen.push(frame)), changes.follow(() => undefined)];
    const before = looks;
    await supervisor.machine("m").request("go", "person");
    await supervisor.machine("m").request("back", "person");
    await supervisor.machine("m").request("go", "person");
    seen.length = 0;
    await clock.advance(1000);
    expect(looks - before).toBe(5);
    expect(seen.map(({ data }) => JSON.parse(data).state)).toEqual(["B"]);
    for (const leave of undo) leave();
    await clock.advance(60_000);
    expect(looks - before).toBe(5);
  });
});
