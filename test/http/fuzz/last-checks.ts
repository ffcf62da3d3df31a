/** Whether the daemon is what it was, after all that. */
import { setTimeout as sleep } from "node:timers/promises";
import type { FuzzClient } from "./client.ts";
import type { FuzzedDaemon } from "./fuzzed-daemon.ts";

const patienceMs = 10_000;

/** @returns what is not as it was; the daemon goes on */
export async function faultsOfLiving(client: FuzzClient): Promise<string[]> {
  const faults: string[] = [];
  const health = await client.ask("GET", "/healthz");
  if (health.status !== 200) faults.push(`/healthz answers ${health.status}`);
  const moved = await moves(client);
  if (moved !== undefined) faults.push(moved);
  const streams = await openStreams(client);
  if (streams !== 0) faults.push(`${streams} streams are still open`);
  return faults;
}

/** Ends it. @returns what is wrong with how it ended, and failures that its log has */
export async function faultsOfEnd({ process }: FuzzedDaemon): Promise<string[]> {
  process.kill("SIGTERM");
  const late = AbortSignal.timeout(patienceMs);
  const how = await Promise.race([
    process.ended,
    new Promise((done) => late.addEventListener("abort", () => done("late"))),
  ]);
  const failures = process
    .log()
    .split("\n")
    .filter((line) => /"level":"(error|fatal)"/.test(line));
  return [
    ...(how === 0 ? [] : [`it ended with ${how} when told to stop`]),
    ...failures.map((line) => `log: ${line}`),
  ];
}

/** Of `quiet`: its watcher waits longer than any run takes, so nobody else moves it. */
async function moves(client: FuzzClient): Promise<string | undefined> {
  const { state } = JSON.parse((await client.ask("GET", "/v1/machines/quiet")).text);
  const transition = state === "A" ? "go" : "back";
  const { status, text } = await client.ask("POST", "/v1/machines/quiet/transition", { transition });
  const after = JSON.parse((await client.ask("GET", "/v1/machines/quiet")).text);
  return status === 200 && after.state !== state ? undefined : `${transition} in ${state}: ${status} ${text}`;
}

/** The daemon hears of an end of a connection a little later than who ended it. */
async function openStreams(client: FuzzClient): Promise<number> {
  const end = Date.now() + patienceMs;
  for (;;) {
    const { text } = await client.ask("GET", "/metrics");
    const open = Number(/^machinist_http_streams (\d+)$/m.exec(text)?.[1] ?? Number.NaN);
    if (open === 0 || Date.now() > end) return open;
    await sleep(50);
  }
}
