import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Supervisor } from "../../src/supervisor/supervisor.ts";
import { supervise, yaml } from "./supervise.ts";

const states = (supervisor: Supervisor): unknown =>
  Object.fromEntries(supervisor.slots.map(({ name, machine }) => [name, machine?.state ?? null]));

describe("a drop directory", () => {
  it("C12: runs NAME.yaml and NAME/machine.yaml that are there at start", async () => {
    const { supervisor } = await supervise({ "one.yaml": yaml("one"), "two/machine.yaml": yaml("two") });
    expect(states(supervisor)).toEqual({ one: "A", two: "A" });
  });

  it("C35: leaves staging names, other files and deeper directories alone", async () => {
    const { supervisor } = await supervise({
      "tmp/machine.yaml": yaml("tmp"),
      ".git/machine.yaml": yaml("git"),
      "x-temp/machine.yaml": yaml("x"),
      ".hidden.yaml": yaml("hidden"),
      "notes.txt": "no machine",
      "one/data.yaml": "a: 1",
      "one/deeper/machine.yaml": yaml("deeper"),
    });
    expect(states(supervisor)).toEqual({});
  });

  it("runs a machine that is dropped in", async () => {
    const { supervisor, write, logged } = await supervise();
    const runs = logged("machine runs", { machine: "late" });
    await write("late/machine.yaml", yaml("late"));
    await runs;
    expect(states(supervisor)).toEqual({ late: "A" });
  });

  it("runs a directory that is renamed into place", async () => {
    const { supervisor, directory, drop, logged } = await supervise();
    await mkdir(join(directory, "staged"));
    await writeFile(join(directory, "staged", "machine.yaml"), yaml("moved"));
    const runs = logged("machine runs", { machine: "moved" });
    await rename(join(directory, "staged"), join(drop, "moved"));
    await runs;
    expect(states(supervisor)).toEqual({ moved: "A" });
  });

  it("C31 (deviation): an edited definition replaces the running one and keeps its record", async () => {
    const { supervisor, write, logged } = await supervise({ "m.yaml": yaml("m") });
    await supervisor.machine("m").request("go", "person");
    const { id } = supervisor.machine("m").record;
    const replaced = logged("machine replaced");
    await write("m.yaml", yaml("m", "description: edited\n"));
    await replaced;
    expect(supervisor.machine("m").definition.description).toBe("edited");
    expect(supervisor.machine("m").record).toMatchObject({ state: "B", id });
  });

  it("says which machine is gone: its file is, or bears another name; not when it is edited or all stops", async () => {
    const { supervisor, gone, write, drop, logged } = await supervise({
      "m.yaml": yaml("m"),
      "n.yaml": yaml("n"),
    });
    const edited = logged("machine replaced", { machine: "m" });
    await write("m.yaml", yaml("m", "description: edited\n"));
    await edited;
    expect(gone).toEqual([]);
    const renamed = logged("machine replaced", { machine: "other" });
    await write("m.yaml", yaml("other"));
    await renamed;
    expect(gone).toEqual(["m"]);
    await rm(join(drop, "n.yaml"));
    await expect.poll(() => gone).toEqual(["m", "n"]);
    await supervisor.stop();
    expect(gone).toEqual(["m", "n"]);
  });

  it("a broken edit keeps the last good one running, and says what is wrong", async () => {
    const { supervisor, write, logged } = await supervise({ "m.yaml": yaml("m") });
    const before = supervisor.machine("m");
    const told = logged("a machine file is not valid; the last good definition runs on");
    await write("m.yaml", yaml("m").replace("destination: B", "destinatoin: B"));
    await told;
    expect(supervisor.machine("m")).toBe(before);
    const [fault] = supervisor.slot("m").faults;
    expect(fault).toMatchObject({ line: 6, severity: "error" });
    await before.request("go", "person");
    expect(before.state).toBe("B");
  });

  it("C33: another file in the machine's directory changes nothing", async () => {
    const { supervisor, write, logged } = await supervise({ "m/machine.yaml": yaml("m") });
    const before = supervisor.machine("m");
    await write("m/script.sh", "#!/bin/sh\n");
    const runs = logged("machine runs", { machine: "other" });
    await write("other.yaml", yaml("other"));
    await runs;
    expect(supervisor.machine("m")).toBe(before);
  });

  it("C34: a removed machine is stopped and gone; put back it goes on from its record", async () => {
    const { supervisor, drop, write, logged, until } = await supervise({ "m/machine.yaml": yaml("m") });
    const before = supervisor.machine("m");
    await before.request("go", "person");
    await rm(join(drop, "m"), { recursive: true });
    await until(() => supervisor.slots.length === 0);
    expect(before.mode).toBe("stopped");
    expect(() => supervisor.machine("m")).toThrow('there is no machine "m"; there are: none');
    const runs = logged("machine runs");
    await write("m/machine.yaml", yaml("m"));
    await runs;
    expect(states(supervisor)).toEqual({ m: "B" });
  });

  it("one bad machine disturbs no other", async () => {
    const { supervisor } = await supervise({
      "bad.yaml": "name: [",
      "binary.yaml": "\u0000\u0001",
      "good.yaml": yaml("good"),
    });
    expect(states(supervisor)).toEqual({ bad: null, binary: null, good: "A" });
    expect(() => supervisor.machine("bad")).toThrow(/machine bad does not run: .*bad\.yaml:\d+:\d+/);
  });

  it("two files with one name: at a start the first by path runs, in whatever order they are found", async () => {
    const files = { "a/machine.yaml": yaml("m"), "b.yaml": yaml("m"), "c.yaml": "name: [" };
    const { supervisor, drop } = await supervise(files);
    expect(supervisor.slots.find(({ file }) => file === join(drop, "b.yaml"))?.problem).toContain(
      `runs from ${join(drop, "a", "machine.yaml")} already`,
    );
  });

  it("two files with one name: the first runs, the second waits for its turn", async () => {
    const { supervisor, drop, until } = await supervise({ "a.yaml": yaml("same") });
    await writeFile(join(drop, "b.yaml"), yaml("same"));
    await until(() => supervisor.slots.some(({ problem }) => problem !== undefined));
    const waiting = supervisor.slots.find(({ machine }) => machine === undefined);
    expect(waiting?.problem).toBe(
      `machine same runs from ${join(drop, "a.yaml")} already; give this one another name`,
    );
    await rm(join(drop, "a.yaml"));
    await until(() =>
      supervisor.slots.some(({ file, machine }) => machine !== undefined && file.endsWith("b.yaml")),
    );
    expect(supervisor.slots).toHaveLength(1);
  });

  it("a machine that was stopped may be reset by hand: its record is nobody's then", async () => {
    const { supervisor, store, drop, write, until } = await supervise({ "m.yaml": yaml("m") });
    await supervisor.machine("m").request("go", "person");
    await rm(join(drop, "m.yaml"));
    await until(() => supervisor.slots.length === 0);
    await (await store.openBucket("machinist-machines")).purge("m");
    await write("m.yaml", yaml("m"));
    await until(() => supervisor.slots[0]?.machine !== undefined);
    expect(states(supervisor)).toEqual({ m: "A" });
  });

  it("a machine that cannot start says why in its slot, and runs when the reason is gone", async () => {
    const { supervisor, store, write, until } = await supervise();
    const records = await store.openBucket("machinist-machines");
    await records.put("m", "{garbage");
    await write("m.yaml", yaml("m"));
    await until(() => supervisor.slots[0]?.problem !== undefined);
    expect(supervisor.slots[0]?.problem).toContain("record machinist-machines/m cannot be read");
    await records.delete("m");
    await until(() => supervisor.slots[0]?.machine !== undefined);
    expect(states(supervisor)).toEqual({ m: "A" });
  });
});
