/** Machines that install machines: a real drop directory, from the key in a bucket to the end of a purge. */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Type } from "typebox";
import { describe, expect, it } from "vitest";
import { createKeyPair } from "../../src/lib/ed25519.ts";
import { packSpecification } from "../../src/lib/specification/specification.ts";
import type { WatcherType } from "../../src/watching/watcher.ts";
import { builtInWatcherTypes } from "../../watchers/index.ts";
import { SimulatedClock } from "../simulated-clock.ts";
import { entry } from "../watchers/installing.ts";
import { supervise, yaml } from "./supervise.ts";

/** Unpacks nothing: makes the machine that the archive would hold, when it is not there. */
const archive: WatcherType<{ readonly target: string; readonly creates: string }> = {
  type: "archive",
  schema: Type.Object({ target: Type.String(), creates: Type.String() }),
  minimumIntervalMs: 10_000,
  initialOutcome: "unknown",
  read: (raw) => raw as { target: string; creates: string },
  policy: (_, intervalMs) => ({ start: "at-once", entry: "at-once", intervalMs }),
  create: ({ target, creates }) => ({
    async observe() {
      const directory = join(target, creates);
      if (existsSync(directory)) return { outcome: "verified" };
      mkdirSync(directory);
      writeFileSync(join(directory, "machine.yaml"), yaml(creates));
      return { outcome: "downloaded" };
    },
  }),
};

const { seed, publicKey } = createKeyPair();

const installer = `
name: installer
version: 1.0.0
initial_state: ODD
rate_limit: false
transitions:
  - { name: arrived, from: [ODD], destination: EVEN }
  - { name: arrived, from: [EVEN], destination: ODD }
watchers:
  - name: desired
    type: kv
    success_transition: arrived
    properties: { bucket: PLUGINS, key: plugins, mode: watch, bucket_prefix: false }
  - name: install
    type: plugins
    interval: 1m
    properties: { data_item: plugins, purge_unknown: true, public_key: "${publicKey}" }
`;

function packed(entries: readonly unknown[], key: string): string {
  return JSON.stringify(packSpecification("plugins", Buffer.from(JSON.stringify(entries)), key));
}

describe("plugins in a drop directory", () => {
  it("are installed, kept from a forger, updated and purged", async () => {
    const clock = new SimulatedClock();
    const types = [...builtInWatcherTypes.filter(({ type }) => type !== "archive"), archive];
    const { supervisor, store, drop, write, logged } = await supervise({}, { clock, types });
    const bucket = await store.createBucket("PLUGINS");
    const running = (): string[] => supervisor.slots.filter(({ machine }) => machine).map(({ name }) => name);

    await bucket.put("plugins", packed([entry("web"), entry("no", { match: "identity('^db')" })], seed));
    const webRuns = logged("machine runs", { machine: "web" });
    await write("installer/machine.yaml", installer);
    await webRuns;
    expect(running()).toEqual(["installer", "mm_web", "web"]);
    await supervisor.machine("web").request("go", "person");

    const forged = logged("a watcher failed", { watcher: "install" });
    await bucket.put("plugins", packed([entry("evil")], createKeyPair().seed));
    await forged;
    expect(readdirSync(drop).sort()).toEqual(["installer", "mm_web", "web"]);

    const replaced = logged("machine replaced", { machine: "mm_web" });
    await bucket.put("plugins", packed([entry("web", { source: "https://files.example/2.tgz" })], seed));
    await replaced;
    expect(supervisor.machine("web").state).toBe("B");

    const managerGone = logged("machine removed", { machine: "mm_web" });
    await bucket.put("plugins", packed([], seed));
    await managerGone;
    expect(readdirSync(drop).sort()).toEqual([".mm_web", "installer", "web"]);
    let isGone = false;
    const webGone = logged("machine removed", { machine: "web" }).then(() => {
      isGone = true;
    });
    while (!isGone) await clock.advance(15_000);
    await webGone;
    expect(running()).toEqual(["installer"]);
  });
});
