/**
 * The fault test: a daemon follows orders, runs governed commands and calls handlers, while it, the process that runs its
 * commands, or both are killed with SIGKILL at random moments. Afterwards everything that was promised is checked from what
 * is on disk.
 */
import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openStore } from "../../../src/kv/open.ts";
import { governorBucketName, makeGovernor } from "../../../src/machine/governor-bucket.ts";
import type { MachineRecord } from "../../../src/machine/record.ts";
import { recordBucketName } from "../../../src/machine/record-buckets.ts";
import { GovernorLog } from "./governor-log.ts";
import { judgeCrew, judgeRuns, judgeTransitions } from "./judge.ts";
import { killRepeatedly } from "./kills.ts";
import { judgeLeftovers } from "./leftovers.ts";
import { governor, type Layout, layOut } from "./machines.ts";
import { allHandled, judgeMessages, publishNumber } from "./messages.ts";
import { type Order, orderHistory, ordersOf, writeOrders } from "./orders.ts";
import { type FaultPlan, type FaultReport, Findings } from "./report.ts";
import { TransitionLog } from "./transition-log.ts";

export async function runFaults(plan: FaultPlan): Promise<FaultReport> {
  const directory = await realpath(await mkdtemp(join(tmpdir(), "machinist-faults-")));
  try {
    const orders = ordersOf(plan.updates);
    return await run(plan, await layOut(directory, orders), orders);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function run(plan: FaultPlan, layout: Layout, orders: readonly Order[]): Promise<FaultReport> {
  const { dataDirectory } = layout;
  await using store = await openStore(`lmdb:${join(dataDirectory, "store")}`);
  const orderBucket = await store.createBucket("ORDERS", { history: orderHistory });
  const { governor: semaphore } = await makeGovernor(store, governor.name, governor);
  const governors = new GovernorLog(await store.openBucket(governorBucketName), semaphore);
  await using state = await openStore(`lmdb:${join(dataDirectory, "state")}`);
  const records = await state.createBucket(recordBucketName, {
    history: 64,
    description: "State, data and cursors of each machine",
  });
  const transitions = new TransitionLog(records);
  const writing = writeOrders(orderBucket, orders);
  const onKill = (kill: number): Promise<void> => publishNumber(store, kill);
  const { counts, daemon } = await killRepeatedly({ plan, layout, transitions, onKill });
  const killed = counts.daemon + counts.helper + counts.both;
  await writing;
  await transitions.reached(2 * plan.updates, daemon);
  await allHandled(store, daemon);
  daemon.kill("SIGTERM");
  const end = await daemon.ended;
  await transitions.stop();

  const findings = new Findings();
  findings.expect(end === 0, `the last daemon ended with ${end} after SIGTERM, not 0`);
  findings.expect(
    killed === plan.kills,
    `only ${killed} of ${plan.kills} kills took place before the work was done`,
  );
  const record = (await records.get("worker"))?.json() as unknown as MachineRecord;
  judgeTransitions(findings, orders, { seen: transitions.seen, record });
  await judgeRuns(findings, layout, orders);
  await judgeCrew(findings, layout);
  await governors.judge(findings, daemon.startedAt);
  await judgeMessages(findings, layout, killed);
  await judgeLeftovers(findings, layout);
  return { kills: counts, figures: findings.figures, faults: findings.faults };
}
