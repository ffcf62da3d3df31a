/** How soon a machine file that is written, changed or removed is live, replaced or gone, beside a thousand others. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadConfig } from "../../src/config/config.ts";
import { startDaemon } from "../../src/daemon.ts";
import { type Logger, silentLogger } from "../../src/lib/logger.ts";
import { percentile, type Report } from "./measure.ts";

const others = 1_000;
const rounds = 30;

const machine = (name: string, description: string): string => `
name: ${name}
version: 1.0.0
description: ${description}
initial_state: A
transitions:
  - { name: go, from: [A], destination: B }
watchers:
  - { name: alarm, type: timer, state_match: [A], fail_transition: go, properties: { timer: 1d } }
`;

export async function benchDrop(report: Report): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "machinist-bench-"));
  const drop = join(directory, "machines");
  await mkdir(drop);
  for (let index = 0; index < others; index++) {
    await writeFile(join(drop, `other${index}.yaml`), machine(`other${index}`, "one of many"));
  }
  const told = new Map<string, () => void>();
  const log: Logger = {
    ...silentLogger,
    info: (message, fields) => told.get(`${message} ${String(fields?.["machine"])}`)?.(),
    with: () => silentLogger,
  };
  const config = await loadConfig({
    flags: { data: join(directory, "data") },
    environment: { PATH: "/usr/bin:/bin" },
    workingDirectory: directory,
  });
  const daemon = await startDaemon(config, { log });
  const until = async (line: string, work: () => Promise<void>): Promise<number> => {
    const begin = performance.now();
    const seen = new Promise<void>((resolve) => told.set(line, resolve));
    await work();
    await seen;
    return performance.now() - begin;
  };
  try {
    const times = { live: [] as number[], replaced: [] as number[], gone: [] as number[] };
    for (let round = 0; round < rounds; round++) {
      const name = `late${round}`;
      const file = join(drop, `${name}.yaml`);
      times.live.push(await until(`machine runs ${name}`, () => writeFile(file, machine(name, "first"))));
      times.replaced.push(
        await until(`machine replaced ${name}`, () => writeFile(file, machine(name, "second"))),
      );
      times.gone.push(await until(`machine removed ${name}`, () => rm(file)));
    }
    report.section(
      `a machine file beside ${others} others, ${rounds} times (ms; 200 of them wait for the writer to finish)`,
    );
    for (const [what, found] of Object.entries(times)) {
      report.row({ name: `${what}, p50`, value: percentile(found, 0.5), unit: "ms" });
      report.row({ name: `${what}, slowest`, value: percentile(found, 1), unit: "ms", target: "<= 1000 ms" });
    }
  } finally {
    await daemon.stop();
    await rm(directory, { recursive: true, force: true });
  }
}
