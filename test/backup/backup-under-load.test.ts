/** A backup that is made while a machine handles updates: after a restore the machine skips none of them. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { openStore } from "../../src/kv/open.ts";
import type { MachineRecord } from "../../src/machine/record.ts";
import { runProgram } from "../cli/program.ts";
import { startDaemonProcess } from "../end-to-end/kill/daemon-process.ts";

const machine = `
name: counter
version: 1.0.0
initial_state: EVEN
rate_limit: false
transitions:
  - { name: next, from: [EVEN], destination: ODD }
  - { name: next, from: [ODD], destination: EVEN }
watchers:
  - name: order
    type: kv
    success_transition: next
    properties: { bucket: ORDERS, mode: watch, deliver: every }
`;

it("backup: a restored machine handles every entry of the restored bucket once", async () => {
  const directory = await mkdtemp(join(tmpdir(), "machinist-backup-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const dropDirectory = join(directory, "machines");
  await mkdir(dropDirectory);
  await writeFile(join(dropDirectory, "counter.yaml"), machine);
  await using store = await openStore(`lmdb:${join(directory, "first", "store")}`);
  const orders = await store.createBucket("ORDERS", { history: 64 });
  const run = (...argv: string[]) => runProgram({ directory }, ...argv);
  const start = (name: string) => {
    const daemon = startDaemonProcess({
      workingDirectory: directory,
      dropDirectory,
      dataDirectory: join(directory, name),
    });
    onTestFinished(async () => {
      daemon.kill("SIGKILL");
      await daemon.ended;
    });
    return daemon;
  };

  const first = start("first");
  await first.greeted;
  let isBackedUp = false;
  const backup = run("backup", "b", "--data", "first").finally(() => {
    isBackedUp = true;
  });
  let written = 0;
  for (; !isBackedUp; written++) await orders.put(`order.${written % 100}`, `${written}`);
  expect(await backup).toMatchObject({ status: 0, stderr: "" });
  first.kill("SIGKILL");
  await first.ended;

  expect(await run("restore", "b", "--data", "second")).toMatchObject({ status: 0 });
  const copied = await lastRevision(join(directory, "second"));
  expect(copied).toBeGreaterThan(0);
  expect(copied).toBeLessThanOrEqual(written);
  const second = start("second");
  await second.greeted;
  const expected = { transitions: copied, state: copied % 2 === 0 ? "EVEN" : "ODD" };
  expect(await recordAfter(join(directory, "second"), copied)).toMatchObject(expected);
});

async function lastRevision(dataDirectory: string): Promise<number> {
  await using store = await openStore(`lmdb:${join(dataDirectory, "store")}`);
  return (await (await store.openBucket("ORDERS")).status()).revision;
}

/** The machine's record as soon as it has made so many transitions. */
async function recordAfter(dataDirectory: string, transitions: number): Promise<MachineRecord> {
  await using state = await openStore(`lmdb:${join(dataDirectory, "state")}`);
  await using watch = (await state.openBucket("machinist-machines")).watch("counter");
  for await (const item of watch) {
    if (item.operation !== "PUT") continue;
    const record = item.json() as unknown as MachineRecord;
    if (record.transitions >= transitions) return record;
  }
  throw new Error("the record ended");
}
