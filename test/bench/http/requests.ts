/** Reads and writes of keys over HTTP per second, with a token and without, each beside the bare server in the same rounds. */
import { join } from "node:path";
import { hashOfToken, newToken } from "../../../src/lib/token.ts";
import { interleaved, type Report } from "../measure.ts";
import { type Asked, Connections, requestOf, type Target } from "./load.ts";
import { startBareProcess, startDaemonProcess } from "./servers.ts";

const width = 32;
const keys = 1_000;
const rounds = 7;
const loads = [
  { name: "reads", count: 10_000, asked: (index: number) => read(index) },
  { name: "writes", count: 3_000, asked: (index: number) => write(index) },
] as const;

export async function benchRequests(report: Report, directory: string): Promise<void> {
  const token = newToken();
  const tokens = `  tokens:\n    - { name: bench, hash: "${hashOfToken(token)}", scopes: [admin] }\n`;
  await using bare = await startBareProcess(join(directory, "bare"));
  await using open = await startDaemonProcess(join(directory, "open"), {});
  await using guarded = await startDaemonProcess(join(directory, "guarded"), { http: tokens });
  const targets: Target[] = [bare, open, { port: guarded.port, token }];
  for (const target of targets.slice(1)) await prepare(target);
  for (const target of targets) await send(target, all(target, keys, write));
  report.section(`HTTP: values of 100 bytes over ${width} connections, medians of ${rounds} rounds in turn`);
  for (const { name, count, asked } of loads) {
    const contenders = targets.map((target) => {
      const requests = all(target, count, asked);
      return () => send(target, requests);
    });
    const [bareMs = 0, ...ours] = await interleaved(contenders, { rounds });
    const rate = (ms: number): number => (count / ms) * 1000;
    report.row({ name: `${name}, bare node:http on the store`, value: rate(bareMs), unit: "/s" });
    for (const [at, label] of ["daemon", "daemon, with a token"].entries()) {
      const ms = ours[at] ?? 0;
      const ratio = bareMs / ms;
      report.row({
        name: `${name}, ${label}`,
        value: rate(ms),
        unit: "/s",
        ratio,
        to: "bare",
        target: ">= 0.7",
      });
    }
  }
}

/** Connections of its own for each round: servers close those that rest for five seconds. */
async function send(target: Target, requests: readonly Buffer[]): Promise<void> {
  using connections = await Connections.open(target, width);
  await connections.send(requests);
}

async function prepare(target: Target): Promise<void> {
  using connection = await Connections.open(target, 1);
  await connection.send([requestOf(target, { method: "PUT", path: "/v1/kv/BENCH", body: "{}" })]);
}

function all(target: Target, count: number, asked: (index: number) => Asked): Buffer[] {
  return Array.from({ length: count }, (_, index) => requestOf(target, asked(index)));
}

function read(index: number): Asked {
  return { method: "GET", path: `/v1/kv/BENCH/entries/key${index % keys}` };
}

function write(index: number): Asked {
  const body = JSON.stringify({ value: `${index}`.padEnd(100, "x") });
  return { method: "PUT", path: `/v1/kv/BENCH/entries/key${index % keys}`, body };
}
