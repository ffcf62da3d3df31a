/** The built daemon for Butler's clients over TCP. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ButlerSettings } from "../../../src/http/butler/butler.ts";
import { BuiltDaemon } from "../../built-daemon.ts";
import { LedClock } from "../../led-clock.ts";

export interface ButlerDaemon {
  readonly port: number;
  readonly clock: LedClock;
  end(): Promise<void>;
  /** Ends it and starts it again on its data, so much later. */
  restart(afterMs: number): Promise<ButlerDaemon>;
}

/** The caller ends it. */
export async function startButlerDaemon(settings: ButlerSettings): Promise<ButlerDaemon> {
  const directory = await mkdtemp(join(tmpdir(), "machinist-built-"));
  await mkdir(join(directory, "machines"));
  const { enabled = true, memory = false, maxKeysPerNamespace } = settings;
  const butler = { enabled, memory, max_keys_per_namespace: maxKeysPerNamespace };
  const config = { http: { listen: "127.0.0.1:0", open: true, rate: 1_000_000 }, butler };
  await writeFile(join(directory, "machinist.yaml"), JSON.stringify(config));
  return startIn(directory, new LedClock());
}

async function startIn(directory: string, clock: LedClock): Promise<ButlerDaemon> {
  const daemon = new BuiltDaemon();
  await daemon.start(directory, clock);
  return {
    port: Number(new URL(daemon.url ?? "").port),
    clock,
    end: async () => {
      await daemon.end();
      await rm(directory, { recursive: true });
    },
    restart: async (afterMs) => {
      await daemon.end();
      clock.leap(afterMs);
      return startIn(directory, clock);
    },
  };
}
