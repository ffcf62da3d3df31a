/**
 * End to end in one process: a put, the watch that sees it, the transition, the command, its end, the next transition; hop
 * by hop, against a durable put plus a bare spawn of the same program in the same run.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadConfig } from "../../src/config/config.ts";
import { type Daemon, startDaemon } from "../../src/daemon.ts";
import { transitionType } from "../../src/events/event.ts";
import type { Bucket } from "../../src/kv/store.ts";
import { silentLogger } from "../../src/lib/logger.ts";
import { interleaved, median, percentile, type Report, timed } from "./measure.ts";

const rounds = 300;
const atOnce = 8;
const perMachine = 40;

const machine = (name: string): string => `
name: ${name}
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
    properties: { bucket: BENCH, key: ${name}, mode: watch, on_matching_update: true }
  - name: work
    type: exec
    state_match: [WORKING]
    success_transition: done
    properties: { command: /bin/true }
`;

export async function benchPipeline(report: Report): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "machinist-bench-"));
  const names = Array.from({ length: atOnce }, (_, index) => `m${index}`);
  await mkdir(join(directory, "machines"));
  for (const name of names) await writeFile(join(directory, "machines", `${name}.yaml`), machine(name));
  const config = await loadConfig({
    flags: { data: join(directory, "data") },
    environment: { PATH: "/usr/bin:/bin" },
    workingDirectory: directory,
  });
  const daemon = await startDaemon(config, { log: silentLogger });
  try {
    const bucket = await daemon.store.createBucket("BENCH", { history: 1 });
    for (const name of names) await deploy(daemon, bucket, name);
    await oneAtATime(report, daemon, bucket);
    await several(report, { daemon, bucket, names });
  } finally {
    await daemon.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

/** Times of one way through, in ms since the put was called. */
interface Way {
  readonly put: number;
  readonly taken: number;
  readonly done: number;
}

let serial = 0;

async function deploy(daemon: Daemon, bucket: Bucket, name: string): Promise<Way> {
  const begin = performance.now();
  const taken = transition(daemon, name, "take");
  const done = transition(daemon, name, "done");
  await bucket.put(name, `order ${serial++}`);
  const put = performance.now() - begin;
  return { put, taken: (await taken) - begin, done: (await done) - begin };
}

/** When the machine's next such transition was published. */
function transition(daemon: Daemon, machineName: string, name: string): Promise<number> {
  return new Promise((resolve) => {
    const undo = daemon.bus.subscribe((event) => {
      const { type, data } = event;
      const isIt = "transition" in data && data["transition"] === name && data["machine"] === machineName;
      if (type !== transitionType || !isIt) return;
      undo();
      resolve(performance.now());
    });
  });
}

async function bareSpawn(): Promise<void> {
  await once(spawn("/bin/true", { stdio: "ignore" }), "exit");
}

async function oneAtATime(report: Report, daemon: Daemon, bucket: Bucket): Promise<void> {
  const ways: Way[] = [];
  const puts: number[] = [];
  const spawns: number[] = [];
  for (let round = 0; round < rounds; round++) {
    ways.push(await deploy(daemon, bucket, "m0"));
    puts.push(await timed(() => bucket.put("unwatched", `${round}`)));
    spawns.push(await timed(bareSpawn));
  }
  const total = ways.map(({ done }) => done);
  const floor = median(puts) + median(spawns);
  report.section(
    `put -> watch -> transition -> command ended -> transition, ${rounds} times, one at a time (ms)`,
  );
  report.row({ name: "durable put alone, p50", value: median(puts), unit: "ms" });
  report.row({ name: "bare spawn of /bin/true, p50", value: median(spawns), unit: "ms" });
  report.row({ name: "hop: put acknowledged, p50", value: median(ways.map(({ put }) => put)), unit: "ms" });
  const toTaken = ways.map(({ put, taken }) => taken - put);
  report.row({ name: "hop: seen, transition committed and told, p50", value: median(toTaken), unit: "ms" });
  const toDone = ways.map(({ taken, done }) => done - taken);
  report.row({
    name: "hop: command ran, second transition committed, p50",
    value: median(toDone),
    unit: "ms",
  });
  report.row({
    name: "total, p50",
    value: median(total),
    unit: "ms",
    ratio: median(total) / floor,
    to: "one put + one spawn",
    target: "<= 1.3",
  });
  report.row({
    name: "total, p50, with its three durable writes counted",
    value: median(total),
    unit: "ms",
    ratio: median(total) / (floor + 2 * median(puts)),
    to: "three puts + one spawn",
  });
  report.row({ name: "total, p99", value: percentile(total, 0.99), unit: "ms" });
  const ours = median(total) - floor - 2 * median(puts);
  report.row({ name: "neither disk nor spawn, p50", value: ours, unit: "ms", target: "<= 1 ms" });
}

async function several(
  report: Report,
  { daemon, bucket, names }: { daemon: Daemon; bucket: Bucket; names: readonly string[] },
): Promise<void> {
  const total = names.length * perMachine;
  const turns = async (work: (name: string) => Promise<unknown>): Promise<void> => {
    await Promise.all(
      names.map(async (name) => {
        for (let turn = 0; turn < perMachine; turn++) await work(name);
      }),
    );
  };
  const [spawnMs, oursMs] = await interleaved(
    [() => turns(bareSpawn), () => turns((name) => deploy(daemon, bucket, name))],
    { rounds: 3 },
  );
  report.section(`${names.length} machines at once, ${total} commands`);
  report.row({ name: "bare spawn", value: (total / spawnMs) * 1000, unit: "/s" });
  report.row({
    name: "whole way",
    value: (total / oursMs) * 1000,
    unit: "/s",
    ratio: spawnMs / oursMs,
    to: "bare spawn",
    target: ">= 0.8",
  });
}
