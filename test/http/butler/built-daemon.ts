/** The built daemon as a process of its own, with time that moves when told, for Butler's clients over TCP. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ButlerSettings } from "../../../src/http/butler/butler.ts";
import { SimulatedClock } from "../../simulated-clock.ts";

export interface BuiltDaemon {
  readonly port: number;
  readonly clock: SimulatedClock;
  /** Resolves when the daemon's time is that of the clock. */
  settled(): Promise<void>;
  end(): Promise<void>;
  /** Ends it and starts it again on its data, so much later. */
  restart(afterMs: number): Promise<BuiltDaemon>;
}

const dist = (file: string): string => JSON.stringify(join(import.meta.dirname, "../../../dist", file));

const program = `
import { loadConfig } from ${dist("src/config/config.js")};
import { startDaemon } from ${dist("src/daemon.js")};
import { silentLogger } from ${dist("src/lib/logger.js")};
import { SimulatedClock } from ${dist("test/simulated-clock.js")};
const clock = new SimulatedClock();
clock.leap(Number(process.argv[1]));
const config = await loadConfig({ flags: {}, environment: {}, workingDirectory: process.cwd() });
const daemon = await startDaemon(config, { log: silentLogger, clock });
process.on("message", (ms) => { clock.leap(ms); process.send("leapt"); });
process.once("disconnect", () => daemon.stop());
process.send(daemon.url);
`;

/** The caller ends it. */
export async function startBuiltDaemon(settings: ButlerSettings): Promise<BuiltDaemon> {
  const directory = await mkdtemp(join(tmpdir(), "machinist-built-"));
  await mkdir(join(directory, "machines"));
  const { enabled = true, memory = false, maxKeysPerNamespace } = settings;
  const butler = { enabled, memory, max_keys_per_namespace: maxKeysPerNamespace };
  const config = { http: { listen: "127.0.0.1:0", open: true, rate: 1_000_000 }, butler };
  await writeFile(join(directory, "machinist.yaml"), JSON.stringify(config));
  return startIn(directory, 0);
}

async function startIn(directory: string, sinceMs: number): Promise<BuiltDaemon> {
  const child = spawn(process.execPath, ["--input-type=module", "--eval", program, `${sinceMs}`], {
    cwd: directory,
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const [url] = await Promise.race([once(child, "message"), once(child, "exit")]);
  let leaps = Promise.resolve();
  const clock = new SimulatedClock();
  const beganMs = clock.now();
  clock.leap(sinceMs);
  const leapHere = clock.leap.bind(clock);
  clock.leap = (ms) => {
    leapHere(ms);
    leaps = leaps.then(async () => {
      child.send(ms);
      await once(child, "message");
    });
  };
  const stop = async (): Promise<void> => {
    const exited = once(child, "exit");
    child.disconnect();
    await exited;
  };
  return {
    port: Number(new URL(url).port),
    clock,
    settled: () => leaps,
    end: async () => {
      await stop();
      await rm(directory, { recursive: true });
    },
    restart: async (afterMs) => {
      await stop();
      return startIn(directory, clock.now() - beganMs + afterMs);
    },
  };
}
