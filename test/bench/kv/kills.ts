/** Writers that are killed at a random moment: what is lost or torn, and how soon another process can write. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { openStore } from "../../../src/kv/open.ts";
import type { Bucket } from "../../../src/kv/store.ts";
import { floodKey, floodValue } from "../../kv/fixtures/store-process.ts";
import { percentile, type Report, timed } from "../measure.ts";

const kills = 100;
const program = fileURLToPath(new URL("../../kv/fixtures/store-process.js", import.meta.url));

export async function benchKills(report: Report, directory: string): Promise<void> {
  await using store = await openStore(directory);
  const bucket = await store.createBucket("BENCH", { history: 2 });
  const nextWrites: number[] = [];
  let faults = 0;
  for (let round = 0; round < kills; round++) {
    const acknowledged = await writeAndDie(directory, `w${round}`);
    nextWrites.push(await timed(() => bucket.put("survivor", String(round))));
    faults += await faultsIn(bucket, `w${round}`, acknowledged);
  }
  report.section(`${kills} writers killed (SIGKILL) while they write`);
  report.row({ name: "values lost or torn", value: faults, unit: "", target: "<= 0" });
  report.row({ name: "next write of another process, p50", value: percentile(nextWrites, 0.5), unit: "ms" });
  const slowest = { name: "next write of another process, slowest", value: percentile(nextWrites, 1) };
  report.row({ ...slowest, unit: "ms", target: "<= 50 ms" });
}

/** @returns the numbers of the values that were acknowledged */
async function writeAndDie(directory: string, writer: string): Promise<readonly number[]> {
  const child = fork(program, ["flood", directory, "BENCH", writer]);
  const gone = once(child, "exit");
  const acknowledged: number[] = [];
  const enough = 1 + Math.floor(Math.random() * 150);
  await new Promise<void>((resolve) => {
    child.on("message", (number: number) => {
      if (acknowledged.push(number) === enough) resolve();
    });
  });
  child.kill("SIGKILL");
  await gone;
  return acknowledged;
}

/** Values that are not as they were written, and acknowledged ones that are not there. */
async function faultsIn(bucket: Bucket, writer: string, acknowledged: readonly number[]): Promise<number> {
  const newest = new Map<string, number>();
  let torn = 0;
  for await (const entry of bucket.history(`${writer}.*`)) {
    const number = Number.parseInt(entry.string(), 10);
    if (entry.string() !== floodValue(number)) torn++;
    newest.set(entry.key, number);
  }
  const lost = acknowledged.filter((number) => (newest.get(floodKey(writer, number)) ?? 0) < number);
  return torn + lost.length;
}
