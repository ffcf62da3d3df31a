/** A thousand readers of `/v1/events`: what they cost while nothing happens, and with a hundred events in a second. */
import { setTimeout as sleep } from "node:timers/promises";
import { percentile, type Report } from "../measure.ts";
import { EventReaders } from "./event-readers.ts";
import { Connections, requestOf } from "./load.ts";
import { type ServerProcess, startDaemonProcess } from "./servers.ts";

const readers = 1_000;
const perSecond = 100;
const seconds = 10;
const events = perSecond * seconds;

/** Machines that move by turns: each waits for the disk. */
const lanes = 4;

const machine = (name: string): string => `
name: ${name}
version: 1.0.0
initial_state: A
rate_limit: false
transitions:
  - { name: go, from: [A], destination: B }
  - { name: back, from: [B], destination: A }
  - { name: out, from: [A], destination: C }
watchers:
  - { name: never, type: timer, state_match: [C], fail_transition: back, properties: { timer: 1d } }
`;

const names = Array.from({ length: lanes }, (_, lane) => `bench-${lane}`);

export async function benchStreams(report: Report, directory: string): Promise<void> {
  await using daemon = await startDaemonProcess(directory, {
    machines: Object.fromEntries(names.map((name) => [`${name}.yaml`, machine(name)])),
  });
  const before = await daemon.memory();
  using follows = await EventReaders.open(daemon.port, readers);
  report.section(`${readers} readers of /v1/events`);
  await benchIdle(report, daemon, before);

  // Opened now: the server closes one that rests for five seconds.
  const drivers = await Promise.all(names.map(() => Connections.open(daemon, 1)));
  await loopDelay(daemon);
  const busy = await daemon.processorMs();
  const begin = performance.now();
  await Promise.all(drivers.map((driver, lane) => drive(daemon, driver, { lane, begin })));
  await follows.quiet();
  const tookMs = performance.now() - begin;
  const delay = await loopDelay(daemon);
  const lost = readers * events - follows.received;
  report.row({ name: "events sent", value: (events / tookMs) * 1000, unit: "/s" });
  report.row({
    name: "events lost or out of order, of all",
    value: lost + follows.disordered,
    unit: "",
    target: "<= 0",
  });
  for (const [name, fraction] of [
    ["p50", 0.5],
    ["p99", 0.99],
    ["slowest", 1],
  ] as const)
    report.row({
      name: `from commit to reader, ${name}`,
      value: percentile(follows.latencies, fraction),
      unit: "ms",
    });
  for (const [quantile, value] of Object.entries(delay))
    report.row({ name: `delay of the daemon's loop, quantile ${quantile}`, value: value * 1000, unit: "ms" });
  report.row({ name: "processor", value: (((await daemon.processorMs()) - busy) / tookMs) * 100, unit: "%" });
  report.row({ name: "memory with them after all", value: (await daemon.memory()) / 2 ** 20, unit: "MiB" });
}

/** Every so many-th of the events, each when it is due. */
async function drive(
  daemon: ServerProcess,
  driver: Connections,
  { lane, begin }: { readonly lane: number; readonly begin: number },
): Promise<void> {
  using _closed = driver;
  for (let nth = 0; nth < events / lanes; nth += 1) {
    const dueMs = ((nth * lanes + lane) * 1000) / perSecond - (performance.now() - begin);
    if (dueMs > 1) await sleep(dueMs);
    const path = `/v1/machines/bench-${lane}/transition`;
    const body = JSON.stringify({ transition: nth % 2 === 0 ? "go" : "back" });
    await driver.send([requestOf(daemon, { method: "POST", path, body })]);
  }
}

async function benchIdle(report: Report, daemon: ServerProcess, before: number): Promise<void> {
  const begun = await daemon.processorMs();
  await sleep(5_000);
  const idle = await daemon.processorMs();
  const memory = await daemon.memory();
  report.row({ name: "memory before they came", value: before / 2 ** 20, unit: "MiB" });
  report.row({ name: "memory with them", value: memory / 2 ** 20, unit: "MiB" });
  report.row({ name: "memory for each", value: (memory - before) / 1024 / readers, unit: "KiB" });
  report.row({
    name: "processor while nothing happens",
    value: (idle - begun) / 50,
    unit: "%",
    target: "<= 1 %",
  });
}

/** Seconds by quantile since it was last asked, as the daemon's own metrics tell. */
async function loopDelay({ port }: ServerProcess): Promise<Record<string, number>> {
  const answer = await fetch(`http://127.0.0.1:${port}/metrics`);
  const found = (await answer.text()).matchAll(/event_loop_delay_seconds\{quantile="([\d.]+)"\} (\S+)/g);
  return Object.fromEntries([...found].map(([, quantile = "", value]) => [quantile, Number(value)]));
}
