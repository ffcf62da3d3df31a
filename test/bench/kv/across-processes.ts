/** From a put in one process to the entry in the hands of others, and that no last value of a key is missed. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { openStore } from "../../../src/kv/open.ts";
import type { Bucket } from "../../../src/kv/store.ts";
import { percentile, type Report } from "../measure.ts";

/** What a follower got: ms from the call of each put, and the last value of each key. */
export interface Followed {
  readonly delays: readonly number[];
  readonly last: Readonly<Record<string, string>>;
}

const puts = 10_000;
const keys = 100;
const idleMs = 5000;
const program = fileURLToPath(new URL("./follower-process.js", import.meta.url));

export async function benchAcrossProcesses(report: Report, directory: string): Promise<void> {
  report.section(`another process has it: ${puts} puts, each awaited, ${keys} keys`);
  const poll = await follow(join(directory, "poll"), 1, "poll");
  report.row({ name: "5 ms poll, p50", value: percentile(poll.delays, 0.5), unit: "ms" });
  for (const count of [1, 8]) {
    const { delays, awaited, missed } = await follow(join(directory, `watch${count}`), count, "watch");
    const name = count === 1 ? "1 watching process" : `${count} watching processes`;
    const p50 = percentile(delays, 0.5);
    report.row({
      ...{ name: `${name}, p50`, value: p50, unit: "ms", target: "<= 1.5" },
      ...{ ratio: p50 / percentile(awaited, 0.5), to: "the writer's own awaited put" },
    });
    const faster = percentile(poll.delays, 0.5) / p50;
    if (count === 1) {
      report.row({
        ...{ name: `${name}, p50: times faster`, value: p50, unit: "ms", target: ">= 5" },
        ...{ ratio: faster, to: "a 5 ms poll" },
      });
    }
    const p99 = percentile(delays, 0.99);
    const p99Row = { name: `${name}, p99`, value: p99, unit: "ms" };
    report.row(count === 1 ? { ...p99Row, target: "<= 10 ms" } : p99Row);
    report.row({ name: `${name}, last values missed`, value: missed, unit: "", target: "<= 0" });
  }
  await benchIdle(report, join(directory, "idle"));
}

interface Following {
  readonly delays: readonly number[];
  /** ms that each put took for the writer. */
  readonly awaited: readonly number[];
  readonly missed: number;
}

async function follow(directory: string, count: number, how: "watch" | "poll"): Promise<Following> {
  await using store = await openStore(directory);
  const bucket = await store.createBucket("BENCH", { history: 5 });
  const followers = await startFollowers(directory, count, how);
  const awaited: number[] = [];
  const last = await write(bucket, awaited);
  const told = followers.map(async (follower) => {
    const [followed] = (await once(follower, "message")) as [Followed];
    return followed;
  });
  for (const follower of followers) follower.send(puts);
  const followed = await Promise.all(told);
  await end(followers);
  const missed = followed.flatMap((one) => [...last].filter(([key, value]) => one.last[key] !== value));
  return { delays: followed.flatMap(({ delays }) => delays), awaited, missed: missed.length };
}

async function write(bucket: Bucket, awaited: number[]): Promise<ReadonlyMap<string, string>> {
  const last = new Map<string, string>();
  for (let index = 0; index < puts; index++) {
    const key = `key${index % keys}`;
    const value = process.hrtime.bigint().toString();
    const begin = performance.now();
    await bucket.put(key, value);
    awaited.push(performance.now() - begin);
    last.set(key, value);
  }
  return last;
}

async function benchIdle(report: Report, directory: string): Promise<void> {
  await using store = await openStore(directory);
  await store.createBucket("BENCH");
  const [follower] = await startFollowers(directory, 1, "watch");
  if (!follower) return;
  const used = async (): Promise<number> => {
    const answer = once(follower, "message");
    follower.send(0);
    const [microseconds] = (await answer) as [number];
    return microseconds;
  };
  // What it took to start is not idleness.
  await wait(500);
  await used();
  await wait(idleMs);
  const percent = ((await used()) / 1000 / idleMs) * 100;
  await end([follower]);
  report.row({
    name: `idle watching process, CPU in ${idleMs / 1000} s`,
    value: percent,
    unit: "%",
    target: "<= 1 %",
  });
}

async function startFollowers(directory: string, count: number, how: string): Promise<ChildProcess[]> {
  const followers = Array.from({ length: count }, () => fork(program, [directory, how]));
  await Promise.all(followers.map((follower) => once(follower, "message")));
  return followers;
}

async function end(followers: readonly ChildProcess[]): Promise<void> {
  const gone = followers.map((follower) => once(follower, "exit"));
  for (const follower of followers) follower.kill("SIGKILL");
  await Promise.all(gone);
}
