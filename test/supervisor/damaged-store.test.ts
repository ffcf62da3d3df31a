/** Damaged records of the embedded store: the machine or the watcher concerned says so, all others go on. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { healthOf } from "../../src/supervisor/health.ts";
import { flipBitOf, recordKeyOf } from "../kv/lmdb/damage.ts";
import { supervise, yaml } from "./supervise.ts";

const recordDamage =
  /is damaged at bucket machinist-machines, key "m", revision \d+: its checksum does not match\. /;

describe("a machine whose durable record is damaged", () => {
  it("does not start, says why and tries again; others run on", async () => {
    const { supervisor, store, directory, drop, write, until } = await supervise({
      "m.yaml": yaml("m"),
      "n.yaml": yaml("n"),
    });
    await supervisor.machine("m").request("go", "person");
    await rm(join(drop, "m.yaml"));
    await until(() => supervisor.slots.length === 1);
    const record = await recordKeyOf(store, "machinist-machines", "m");
    await flipBitOf(record, join(directory, "store"));
    await write("m.yaml", yaml("m"));
    await until(() => supervisor.slots.some(({ problem }) => problem !== undefined));
    const slot = supervisor.slot("m");
    expect(slot.problem).toMatch(recordDamage);
    expect([slot.machine, healthOf(slot)]).toEqual([undefined, "faulty"]);
    await supervisor.machine("n").request("go", "person");
    expect(supervisor.machine("n").state).toBe("B");
    await flipBitOf(record, join(directory, "store"));
    await until(() => supervisor.slot("m").machine !== undefined);
    expect(supervisor.machine("m").state).toBe("B");
  });

  it("while it runs: it stays in its state and is faulty, others run on", async () => {
    const { supervisor, store, directory } = await supervise({ "m.yaml": yaml("m"), "n.yaml": yaml("n") });
    await supervisor.machine("m").request("go", "person");
    await flipBitOf(await recordKeyOf(store, "machinist-machines", "m"), join(directory, "store"));
    await expect(supervisor.machine("m").request("back", "person")).rejects.toMatchObject({
      code: "STORE_DAMAGED",
      message: expect.stringMatching(recordDamage),
    });
    const slot = supervisor.slot("m");
    expect([slot.machine?.state, healthOf(slot)]).toEqual(["B", "faulty"]);
    expect(slot.problem).toMatch(recordDamage);
    await supervisor.machine("n").request("go", "person");
    expect(healthOf(supervisor.slot("n"))).toBe("running");
  });
});

it("a kv watcher that reads a damaged key is an error that names it; other watchers go on", async () => {
  const watching = yaml(
    "m",
    `  - { name: broken, type: kv, properties: { bucket: CFG, key: broken, mode: watch } }
  - { name: whole, type: kv, properties: { bucket: CFG, key: whole, mode: watch } }
`,
  );
  const { supervisor, store, directory, write, until } = await supervise();
  const bucket = await store.createBucket("CFG");
  await bucket.put("broken", "1");
  await bucket.put("whole", "1");
  await flipBitOf(await recordKeyOf(store, "CFG", "broken"), join(directory, "store"));
  await write("m.yaml", watching);
  const view = (name: string) =>
    supervisor.slots[0]?.machine?.watchers.find((watcher) => watcher.name === name);
  await until(() => view("broken")?.error !== undefined);
  expect(view("broken")).toMatchObject({
    outcome: "error",
    error: expect.stringMatching(/is damaged at bucket CFG, key "broken", revision \d+: /),
  });
  await bucket.put("whole", "2");
  await expect.poll(() => supervisor.machine("m").record.data).toEqual({ CFG_whole: "2" });
  expect(view("whole")).toMatchObject({ outcome: "changed", error: undefined });
  expect(healthOf(supervisor.slot("m"))).toBe("failing");
});
