/**
 * The fault test: a daemon follows updates with a `deliver: every` watcher and a command for each, while it is killed with
 * SIGKILL at random moments. Afterwards everything that was promised is checked from what is on disk.
 */
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openStore } from "../../../src/kv/open.ts";
import type { Bucket } from "../../../src/kv/store.ts";
import type { MachineRecord } from "../../../src/machine/record.ts";
import { recordBucketName } from "../../../src/machine/record-buckets.ts";
import { type DaemonProcess, startDaemonProcess } from "./daemon-process.ts";

export interface FaultPlan {
  readonly updates: number;
  readonly kills: number;
  /** In [0, 1): decides the moments. */
  readonly random: () => number;
  readonly say: (line: string) => void;
}

export interface FaultReport {
  readonly updates: number;
  readonly kills: number;
  /** Kills that hit the daemon while a command ran, after which the run was repeated. */
  readonly repeatedRuns: number;
  /** What was found wrong; empty when every promise was kept. */
  readonly faults: readonly string[];
}

/** Keys and history are chosen so that nothing is trimmed before the machine has seen it. */
const keys = 50;
const history = 64;

const machine = `
name: worker
version: 1.0.0
initial_state: WAITING
rate_limit: false
transitions:
  - { name: take, from: [WAITING], destination: WORKING }
  - { name: done, from: [WORKING], destination: WAITING }
watchers:
  - name: order
    type: kv
    state_match: [WAITING]
    success_transition: take
    properties: { bucket: ORDERS, mode: watch, deliver: every }
  - name: work
    type: exec
    state_match: [WORKING]
    success_transition: done
    properties: { command: ./work.sh, parse_as_data: true, timeout: 1m }
`;

/** Appends the revision at hand to the machine's own trail; a lock that dies with the process tells of two copies at once. */
const command = `#!/bin/sh
exec 9>"$MACHINE_WORK_DIR/lock"
flock -n 9 || echo overlap >> "$MACHINE_WORK_DIR/overlaps"
revision=$(sed -n 's/.*"order":{[^}]*"revision":\\([0-9]*\\).*/\\1/p' "$WATCHER_DATA")
trail=$(sed -n 's/.*"trail":"\\([0-9 ]*\\)".*/\\1/p' "$WATCHER_DATA")
echo "$MACHINE_RUN_ID $revision" >> "$MACHINE_WORK_DIR/runs"
sleep 0.02
printf '{"trail":"%s%s "}' "$trail" "$revision"
`;

export async function runFaults(plan: FaultPlan): Promise<FaultReport> {
  const directory = await mkdtemp(join(tmpdir(), "machinist-faults-"));
  try {
    return await follow(plan, await layOut(directory));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

interface Layout {
  readonly workingDirectory: string;
  readonly dropDirectory: string;
  readonly dataDirectory: string;
}

async function layOut(workingDirectory: string): Promise<Layout> {
  const dropDirectory = join(workingDirectory, "machines");
  await mkdir(join(dropDirectory, "worker"), { recursive: true });
  await writeFile(join(dropDirectory, "worker", "machine.yaml"), machine);
  await writeFile(join(dropDirectory, "worker", "work.sh"), command);
  await chmod(join(dropDirectory, "worker", "work.sh"), 0o755);
  return { workingDirectory, dropDirectory, dataDirectory: join(workingDirectory, "data") };
}

async function follow(plan: FaultPlan, layout: Layout): Promise<FaultReport> {
  await using store = await openStore(`lmdb:${join(layout.dataDirectory, "store")}`);
  const orders = await store.createBucket("ORDERS", { history });
  await using state = await openStore(`lmdb:${join(layout.dataDirectory, "state")}`);
  const records = await state.createBucket(recordBucketName, {
    history: 64,
    description: "State, data and cursors of each machine",
  });
  const writing = write(orders, plan);
  const transitions = new TransitionLog(records);
  const kills = await killRepeatedly(plan, layout, transitions);
  await writing;
  const daemon = startDaemonProcess(layout);
  await transitions.reached(2 * plan.updates, daemon);
  daemon.kill("SIGTERM");
  const end = await daemon.ended;
  await transitions.stop();
  return await judge({ plan, layout, records, transitions, kills, end });
}

/** Keeps a window of updates ahead of nothing: the writer does not wait for the machine. */
async function write(orders: Bucket, plan: FaultPlan): Promise<void> {
  for (let update = 0; update < plan.updates; update++)
    await orders.put(`order.${update % keys}`, `${update}`);
}

/** Every committed transition, followed through the record's bucket by another process than the daemon. */
class TransitionLog {
  readonly seen: { transitions: number; transition: string; from: string; to: string }[] = [];
  readonly #watch;
  readonly #following: Promise<void>;
  #waiting: (() => void)[] = [];

  constructor(records: Bucket) {
    this.#watch = records.watch("worker", { includeHistory: true });
    this.#following = this.#follow();
  }

  get count(): number {
    return this.seen.at(-1)?.transitions ?? 0;
  }

  /** Resolves when so many transitions were committed. Rejects when the daemon ends before. */
  async reached(count: number, daemon: DaemonProcess): Promise<void> {
    const ended = daemon.ended.then((how) => {
      if (this.count < count)
        throw new Error(`the daemon ended (${how}) at ${this.count} of ${count}:\n${daemon.log()}`);
    });
    while (this.count < count) await Promise.race([this.#next(), ended]);
  }

  async stop(): Promise<void> {
    this.#watch.stop();
    await this.#following;
  }

  #next(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  async #follow(): Promise<void> {
    for await (const item of this.#watch) {
      if (item.operation !== "PUT") continue;
      const { transitions, last } = item.json() as unknown as MachineRecord;
      if (last && transitions !== this.count) this.seen.push({ ...last, transitions });
      for (const resolve of this.#waiting.splice(0)) resolve();
    }
  }
}

/** Kills while work is left, each after a random number of further transitions; some before the daemon has even begun. */
async function killRepeatedly(plan: FaultPlan, layout: Layout, transitions: TransitionLog): Promise<number> {
  const total = 2 * plan.updates;
  const perKill = Math.max(2, Math.floor(total / plan.kills));
  let kills = 0;
  while (kills < plan.kills && transitions.count < total - 2) {
    const daemon = startDaemonProcess(layout);
    const isEarly = plan.random() < 0.2;
    if (!isEarly) {
      const target = Math.min(transitions.count + Math.floor(plan.random() * perKill * 1.4), total - 1);
      await transitions.reached(target, daemon);
    }
    // A random number of turns of the event loop spreads the moment over what comes between two commits.
    for (let turns = Math.floor(plan.random() * 400); turns > 0; turns--)
      await new Promise((go) => setImmediate(go));
    daemon.kill("SIGKILL");
    await daemon.ended;
    kills += 1;
    if (kills % 10 === 0) plan.say(`${kills} kills, ${transitions.count} of ${total} transitions`);
  }
  return kills;
}

async function judge(facts: {
  plan: FaultPlan;
  layout: Layout;
  records: Bucket;
  transitions: TransitionLog;
  kills: number;
  end: number | NodeJS.Signals | null;
}): Promise<FaultReport> {
  const { plan, layout, records, transitions, kills, end } = facts;
  const faults: string[] = [];
  const expect = (isKept: boolean, what: string): void => {
    if (!isKept) faults.push(what);
  };
  expect(end === 0, `the last daemon ended with ${end} after SIGTERM, not 0`);
  expect(kills >= plan.kills, `only ${kills} of ${plan.kills} kills took place before the work was done`);

  const record = await records.get("worker");
  if (!record) throw new Error("the machine left no record");
  const { data, state, transitions: count } = record.json() as unknown as MachineRecord;
  const trail = String(data["trail"]).trim().split(" ").map(Number);
  const wanted = Array.from({ length: plan.updates }, (_, index) => index + 1);
  expect(
    JSON.stringify(trail) === JSON.stringify(wanted),
    `revisions were not handled exactly once, in order: ${diff(trail, wanted)}`,
  );
  expect(
    state === "WAITING" && count === 2 * plan.updates,
    `it ended in ${state} after ${count} transitions`,
  );
  transitions.seen.forEach(({ transition, from, to, transitions: number }, index) => {
    const isTake = index % 2 === 0;
    const right = isTake ? "take WAITING WORKING" : "done WORKING WAITING";
    expect(
      number === index + 1 && `${transition} ${from} ${to}` === right,
      `transition ${index + 1} is ${number}: ${transition} ${from} ${to}`,
    );
  });

  const work = join(layout.dataDirectory, "work", "worker");
  const overlaps = await readFile(join(work, "overlaps"), "utf8").catch(() => "");
  expect(overlaps === "", "two copies of a command ran at once");
  const runs = (await readFile(join(work, "runs"), "utf8"))
    .trim()
    .split("\n")
    .map((line) => line.split(" "));
  const revisionOf = new Map<string, string>();
  for (const [run = "", revision = ""] of runs) {
    expect(
      (revisionOf.get(run) ?? revision) === revision,
      `run ${run} stands for revisions ${revisionOf.get(run)} and ${revision}`,
    );
    revisionOf.set(run, revision);
  }
  expect(revisionOf.size === plan.updates, `${revisionOf.size} run ids for ${plan.updates} updates`);
  return { updates: plan.updates, kills, repeatedRuns: runs.length - revisionOf.size, faults };
}

function diff(found: readonly number[], wanted: readonly number[]): string {
  const at = wanted.findIndex((value, index) => found[index] !== value);
  return `${found.length} instead of ${wanted.length}, first difference at ${at}: ${found.slice(at, at + 5)} instead of ${wanted.slice(at, at + 5)}`;
}
