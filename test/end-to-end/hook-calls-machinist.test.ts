/** A hook that calls `machinist` reaches the daemon that runs it, wherever it works and whatever is installed. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { openStore } from "../../src/kv/open.ts";
import { startDaemonProcess } from "./kill/daemon-process.ts";

const machine = `
name: caller
version: 1.0.0
initial_state: WAITING
transitions:
  - { name: go, from: [WAITING], destination: WORKING }
  - { name: done, from: [WORKING], destination: DONE }
watchers:
  - name: start
    type: kv
    state_match: [WAITING]
    success_transition: go
    properties: { bucket: FROM_HOOK, key: start, mode: watch }
  - name: hook
    type: exec
    state_match: [WORKING]
    success_transition: done
    properties: { command: ./hook.sh }
`;

/** Works elsewhere, where another store would be found. */
const hook = `#!/bin/sh
set -e
mkdir -p "$MACHINE_WORK_DIR/.machinist"
cd "$MACHINE_WORK_DIR"
machinist kv put FROM_HOOK machine "$MACHINE_NAME"
machinist kv put FROM_HOOK state "$(machinist show caller --json | sed -n 's/.*"state":"\\([A-Z]*\\)".*/\\1/p')"
machinist kv put FROM_HOOK config "$MACHINIST_CONFIG"
`;

it("exec: machinist in a hook uses the store, the socket and the config file of its own daemon", async () => {
  const workingDirectory = await mkdtemp(join(tmpdir(), "machinist hook's "));
  onTestFinished(() => rm(workingDirectory, { recursive: true, force: true }));
  const dropDirectory = join(workingDirectory, "machines");
  const dataDirectory = join(workingDirectory, "data");
  const machineDirectory = join(dropDirectory, "caller");
  await mkdir(machineDirectory, { recursive: true });
  await writeFile(join(machineDirectory, "machine.yaml"), machine);
  await writeFile(join(machineDirectory, "hook.sh"), hook, { mode: 0o755 });
  const config = join(workingDirectory, "machinist.yaml");
  await writeFile(config, "store: lmdb:users-store\n");
  await using store = await openStore(`lmdb:${join(workingDirectory, "users-store")}`);
  const bucket = await store.createBucket("FROM_HOOK");

  const daemon = startDaemonProcess({ workingDirectory, dropDirectory, dataDirectory });
  onTestFinished(async () => {
    daemon.kill("SIGKILL");
    await daemon.ended;
  });
  await bucket.put("start", "now");
  await daemon.logged("WORKING → DONE");
  daemon.kill("SIGTERM");
  expect(await daemon.ended).toBe(0);
  const values = await Promise.all(
    ["machine", "state", "config"].map(async (key) => (await bucket.get(key))?.string()),
  );
  expect(values).toEqual(["caller", "WORKING", config]);
});
