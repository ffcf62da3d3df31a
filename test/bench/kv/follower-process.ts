/**
 * A process that follows bucket BENCH of the store in its first argument, by a watch or (second argument `poll`) by looking every
 * 5 ms. Values are the writer's clock in nanoseconds, which all processes share. Tells `ready`; then, when it has the revision that
 * it is sent, a Followed; answers 0 with the CPU that it used since its last answer, in µs.
 */
import { setTimeout as wait } from "node:timers/promises";
import { openStore } from "../../../src/kv/open.ts";
import type { Followed } from "./across-processes.ts";

const [, , directory = "", how = "watch"] = process.argv;
const store = await openStore(directory);
const bucket = await store.openBucket("BENCH");
let delays: number[] = [];
let revision = 0;
let wanted = Number.POSITIVE_INFINITY;
let cpu = process.cpuUsage();
const last: Record<string, string> = {};

process.on("disconnect", () => process.exit());
process.on("message", (target: number) => {
  if (target === 0) {
    const { user, system } = process.cpuUsage(cpu);
    process.send?.(user + system);
    cpu = process.cpuUsage();
    return;
  }
  wanted = target;
  tellWhenDone();
});

if (how === "watch") {
  for await (const item of bucket.watch()) {
    if (item.operation === "READY") process.send?.("ready");
    else take(item.key, item.string(), item.revision);
  }
} else {
  process.send?.("ready");
  for (;;) {
    for await (const item of bucket.watch(">", { resumeFromRevision: revision + 1 })) {
      if (item.operation === "READY") break;
      take(item.key, item.string(), item.revision);
    }
    await wait(5);
  }
}

function take(key: string, value: string, at: number): void {
  delays.push(Number(process.hrtime.bigint() - BigInt(value)) / 1e6);
  last[key] = value;
  revision = at;
  tellWhenDone();
}

function tellWhenDone(): void {
  if (revision < wanted) return;
  const told: Followed = { delays, last };
  process.send?.(told);
  wanted = Number.POSITIVE_INFINITY;
  delays = [];
}
