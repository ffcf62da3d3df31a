import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openStore } from "../../src/kv/open.ts";
import { openGovernor } from "../../src/machine/governor-bucket.ts";
import { startServer } from "../setup/nats-server.ts";
import { Shell } from "./shell.ts";

let shell: Shell;
beforeEach(async () => {
  shell = await Shell.create();
});
afterEach(() => shell[Symbol.asyncDispose]());

const governor = (...argv: string[]) => shell.run("governor", ...argv);
const time = "\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d";
const iso = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const missing =
  'machinist: there is no governor "deploys"; make it with `machinist governor add deploys CAPACITY`\n';

/** The store that the command line uses, as a daemon beside it has it. */
const openBeside = () => openStore(`lmdb:${shell.path(".machinist", "store")}`);

describe("governor add", () => {
  it("makes one and shows it", async () => {
    expect(await governor("add", "deploys", "3")).toEqual({
      status: 0,
      bytes: expect.anything(),
      stdout: "deploys Governor Status\n\n       Capacity: 3\n    Slots Taken: 0\n  TTL of a Slot: 30s\n",
      stderr: `created store lmdb:${shell.path(".machinist", "store")}\n`,
    });
    expect((await governor("add", "builds", "1", "--ttl", "2m")).stdout).toContain("TTL of a Slot: 2m\n");
  });

  it("leaves one with the same settings, and changes the capacity of another, and says so", async () => {
    await governor("add", "deploys", "3", "--ttl", "1m");
    expect(await governor("add", "deploys", "3")).toMatchObject({ status: 0, stderr: "" });
    const changed = await governor("add", "deploys", "5", "--ttl", "1m");
    expect(changed).toMatchObject({
      status: 0,
      stdout: expect.stringContaining("Capacity: 5\n"),
      stderr: "governor deploys existed: its capacity was 3 and is 5 now\n",
    });
    const json = await governor("add", "deploys", "2", "--json");
    expect(JSON.parse(json.stdout)).toEqual({ governor: "deploys", capacity: 2, ttlMs: 60_000, holders: [] });
    expect(json.stderr).toBe("");
  });

  it("does not change the ttl", async () => {
    await governor("add", "deploys", "3", "--ttl", "1m");
    expect(await governor("add", "deploys", "5", "--ttl", "2m")).toMatchObject({
      status: 4,
      stdout: "",
      stderr:
        "machinist: governor deploys exists with a ttl of 1m, not 2m; to change it remove it first with `machinist governor rm deploys`\n",
    });
    expect((await governor("view", "deploys")).stdout).toContain("Capacity: 3\n");
  });

  it.each([
    [["a.b", "1"], '"a.b" is no name, expected letters, digits, - and _'],
    [["deploys", "0"], "capacity is 0, expected a whole number from 1 to 1000"],
    [["deploys", "1001"], "capacity is 1001, expected a whole number from 1 to 1000"],
    [["deploys", "1", "--ttl", "10ms"], "ttlMs is 10, expected whole milliseconds from 1000"],
  ])("refuses %j", async (argv, message) => {
    const refused = { status: 2, stdout: "", stderr: `machinist: governor: ${message}\n` };
    expect(await governor("add", ...argv)).toMatchObject(refused);
    await governor("add", "deploys", "1");
    expect((await governor("add", ...argv)).status).not.toBe(0);
    expect((await governor("view", "deploys")).stdout).toContain("Capacity: 1\n");
  });

  it.each(["old", "current"] as const)("works on NATS (%s) as on the embedded store", async (kind) => {
    await using server = await startServer(kind);
    const onNats = (...argv: string[]) => governor(...argv, "--store", server.url, "--json");
    expect((await onNats("add", "deploys", "3")).status).toBe(0);
    expect((await onNats("add", "deploys", "4")).status).toBe(0);
    expect(JSON.parse((await onNats("ls")).stdout)).toEqual([
      { governor: "deploys", capacity: 4, ttlMs: 30_000, holders: [] },
    ]);
    expect(await onNats("rm", "deploys", "-f")).toMatchObject({
      status: 0,
      stdout: '{"governor":"deploys","removed":true}\n',
    });
    expect((await onNats("ls")).stdout).toBe("[]\n");
  });
});

describe("governors and their holders", () => {
  it("ls and view show who has which slot, beside a running daemon", async () => {
    await governor("add", "deploys", "2");
    await governor("add", "builds", "7", "--ttl", "1m");
    await using store = await openBeside();
    await using _slot = await (await openGovernor(store, "deploys")).acquire({ owner: "web#run @ host1" });

    const listed = (await governor("ls")).stdout.split("\n");
    expect(listed[1]).toMatch(/^│ Governor │ Capacity │ Taken │ TTL │$/);
    expect(listed.slice(3, 5)).toEqual([
      "│ builds   │ 7        │ 0     │ 1m  │",
      "│ deploys  │ 2        │ 1     │ 30s │",
    ]);
    const all = JSON.parse((await governor("ls", "--json")).stdout);
    expect(all).toMatchObject([{ governor: "builds", holders: [] }, { governor: "deploys" }]);

    const viewed = (await governor("view", "deploys")).stdout;
    expect(viewed).toContain("Slots Taken: 1\n");
    expect(viewed).toMatch(new RegExp(`│ [12]    │ web#run @ host1 │ ${time} │ ${time} │\n`));
    expect(JSON.parse((await governor("view", "deploys", "--json")).stdout)).toEqual({
      governor: "deploys",
      capacity: 2,
      ttlMs: 30_000,
      holders: [
        {
          slot: expect.toBeOneOf([1, 2]),
          owner: "web#run @ host1",
          since: expect.stringMatching(iso),
          renewed: expect.stringMatching(iso),
        },
      ],
    });
  });

  it("evict takes one slot away, reset all, rm the governor itself", async () => {
    await governor("add", "deploys", "3");
    await using store = await openBeside();
    const deploys = await openGovernor(store, "deploys");
    const slots = [await deploys.acquire(), await deploys.acquire(), await deploys.acquire()];
    expect(await governor("evict", "deploys", "2")).toMatchObject({ status: 0, stdout: "", stderr: "" });
    expect((await deploys.status()).holders.map(({ key }) => key)).toEqual(["deploys.1", "deploys.3"]);
    expect(await governor("evict", "deploys", "2")).toMatchObject({
      status: 3,
      stderr:
        "machinist: nobody has slot 2 of governor deploys; `machinist governor view deploys` shows which are taken\n",
    });
    expect((await governor("evict", "deploys", "1", "--json")).stdout).toBe(
      '{"governor":"deploys","slot":1,"evicted":true}\n',
    );
    expect((await governor("reset", "deploys", "-f", "--json")).stdout).toBe(
      '{"governor":"deploys","evicted":1}\n',
    );
    expect((await deploys.status()).holders).toEqual([]);
    expect(await governor("rm", "deploys", "-f")).toMatchObject({ status: 0, stdout: "", stderr: "" });
    expect(await governor("view", "deploys")).toMatchObject({ status: 3, stderr: missing });
    await Promise.all(slots.map((slot) => slot.release()));
  });

  it.each([
    ["rm", "Delete governor deploys?", "Skipping delete"],
    ["reset", "Evict all holders of governor deploys?", "Skipping reset"],
  ])("%s asks first; without a terminal it wants -f", async (verb, question, declined) => {
    await governor("add", "deploys", "3");
    await using store = await openBeside();
    const deploys = await openGovernor(store, "deploys");
    await using _slot = await deploys.acquire();
    expect(await governor(verb, "deploys")).toMatchObject({
      status: 2,
      stderr: `machinist: cannot ask "${question}" without a terminal; -f does it unasked\n`,
    });
    const no = await shell.runWith({ typed: "n\n" }, "governor", verb, "deploys");
    expect(no).toMatchObject({ status: 0, stderr: `${question} (y/N) ${declined}\n` });
    expect((await deploys.status()).holders).toHaveLength(1);
    expect((await shell.runWith({ typed: "y\n" }, "governor", verb, "deploys")).status).toBe(0);
    const { stdout } = await governor("ls", "--json");
    expect(JSON.parse(stdout).map(({ holders }: { holders: unknown[] }) => holders)).toEqual(
      verb === "rm" ? [] : [[]],
    );
  });

  it("one that nobody made: 3, and what to do", async () => {
    await shell.run("kv", "add", "OTHER");
    for (const line of [
      ["view", "deploys"],
      ["evict", "deploys", "1"],
      ["reset", "deploys", "-f"],
      ["rm", "deploys", "-f"],
    ]) {
      expect(await governor(...line)).toMatchObject({ status: 3, stdout: "", stderr: missing });
    }
    expect(await governor("ls")).toMatchObject({
      status: 0,
      stdout: "",
      stderr: "no governors; create one with `machinist governor add NAME CAPACITY`\n",
    });
    expect((await governor("ls", "--json")).stdout).toBe("[]\n");
    await governor("add", "deploys", "1");
    expect((await governor("view", "deplois")).stderr).toBe(
      'machinist: there is no governor "deplois"; did you mean "deploys"?\n',
    );
  });
});
