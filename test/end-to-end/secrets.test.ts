import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { openStore } from "../../src/kv/open.ts";
import type { MachineRecord } from "../../src/machine/record.ts";
import { startDaemonProcess } from "./kill/daemon-process.ts";

const secret = "correct-horse-battery-staple";

/** A value goes through every watcher type and every way to fail that might be tempted to show it. */
const machine = `
name: keeper
version: 1.0.0
initial_state: WAITING
rate_limit: false
transitions:
  - { name: broken, from: [WAITING], destination: BROKEN }
  - { name: take, from: [WAITING, BROKEN], destination: USING }
  - { name: used, from: [USING], destination: PARSING }
  - { name: parsed, from: [PARSING], destination: DONE }
watchers:
  - name: password
    type: kv
    state_match: [WAITING, BROKEN]
    success_transition: take
    fail_transition: broken
    properties: { bucket: SECRETS, key: password, mode: watch }
  - name: use
    type: exec
    state_match: [USING]
    fail_transition: used
    properties:
      command: sh -c 'echo "$1"; cat "$WATCHER_DATA" >&2; exit 1' sh {{ lookup "data.SECRETS_password" "" }}
  - name: parse
    type: exec
    state_match: [PARSING]
    fail_transition: parsed
    properties: { command: 'cat', environment: ['IT={{ lookup "data.SECRETS_password" "" }}'], parse_as_data: true }
`;

it("no value of a key, and no output of a command, reaches the log, at its most talkative", async () => {
  const workingDirectory = await mkdtemp(join(tmpdir(), "machinist-secrets-"));
  onTestFinished(() => rm(workingDirectory, { recursive: true, force: true }));
  const dropDirectory = join(workingDirectory, "machines");
  const dataDirectory = join(workingDirectory, "data");
  await mkdir(dropDirectory);
  await writeFile(join(dropDirectory, "keeper.yaml"), machine);
  const store = await openStore(`lmdb:${join(dataDirectory, "store")}`);
  onTestFinished(() => store.close());
  const secrets = await store.createBucket("SECRETS");
  await secrets.put("password", `{ broken ${secret} }`);
  const daemon = startDaemonProcess({
    workingDirectory,
    dropDirectory,
    dataDirectory,
    flags: ["--log-level", "debug"],
  });
  onTestFinished(async () => {
    daemon.kill("SIGKILL");
    await daemon.ended;
  });
  await daemon.logged("WAITING → BROKEN");
  await secrets.put("password", secret);
  await daemon.logged("PARSING → DONE");
  daemon.kill("SIGTERM");
  expect(await daemon.ended).toBe(0);

  await using own = await openStore(`lmdb:${join(dataDirectory, "state")}`);
  const record = await (await own.openBucket("machinist-machines")).get("keeper");
  if (!record) throw new Error("the machine left no record");
  const { data, state } = record.json() as unknown as MachineRecord;
  expect([state, data["SECRETS_password"]]).toEqual(["DONE", secret]);
  expect(daemon.log()).not.toContain(secret);
});
