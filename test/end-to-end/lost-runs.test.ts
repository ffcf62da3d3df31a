/** The process that runs commands is killed under a living daemon: what ran is repeated under its id. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { openStore } from "../../src/kv/open.ts";
import { openTopics } from "../../src/topics/publish.ts";
import { helperOf, startDaemonProcess } from "./kill/daemon-process.ts";
import { linesOf } from "./lines-of.ts";

/** Notes its id; the first time it then waits to be killed. */
const command = `#!/bin/sh
if [ -e "$MACHINE_WORK_DIR/ids" ]; then echo "$MACHINE_RUN_ID" >> "$MACHINE_WORK_DIR/ids"; exit 0; fi
echo "$MACHINE_RUN_ID" >> "$MACHINE_WORK_DIR/ids"
exec sleep 600
`;

const machine = `
name: m
version: 1.0.0
initial_state: START
transitions:
  - { name: go, from: [START], destination: WORK }
  - { name: done, from: [WORK], destination: REST }
watchers:
  - name: first
    type: exec
    interval: 500ms
    state_match: [START]
    success_transition: go
    properties: { command: "true" }
  - name: work
    type: exec
    state_match: [WORK]
    success_transition: done
    properties: { command: ./work.sh, timeout: 10m }
`;

async function layOut() {
  const workingDirectory = await mkdtemp(join(tmpdir(), "machinist-lost-"));
  onTestFinished(() => rm(workingDirectory, { recursive: true, force: true }));
  const dropDirectory = join(workingDirectory, "machines");
  await mkdir(dropDirectory);
  return { workingDirectory, dropDirectory, dataDirectory: join(workingDirectory, "data") };
}

function start(layout: Awaited<ReturnType<typeof layOut>>) {
  const daemon = startDaemonProcess(layout);
  onTestFinished(async () => {
    daemon.kill("SIGTERM");
    await daemon.ended;
  });
  return daemon;
}

describe.runIf(process.platform === "linux")("the process that runs commands is killed", () => {
  it("under a command of a watcher without interval: the run is repeated at once, and the machine goes on", async () => {
    const layout = await layOut();
    await mkdir(join(layout.dropDirectory, "m"));
    await writeFile(join(layout.dropDirectory, "m", "machine.yaml"), machine);
    await writeFile(join(layout.dropDirectory, "m", "work.sh"), command, { mode: 0o755 });
    const work = join(layout.dataDirectory, "work", "m");
    await mkdir(work, { recursive: true });
    const ids = await linesOf(work, "ids");
    const daemon = start(layout);
    await ids(1);
    process.kill(helperOf(daemon.pid) ?? 0, "SIGKILL");
    const [first, second] = await ids(2);
    expect(second).toBe(first);
    await daemon.logged("WORK → REST");
    expect(await ids(2)).toHaveLength(2);
  });

  it("under a topic's handler: the call is repeated at once, under its id, and does not count as failed", async () => {
    const layout = await layOut();
    const topic = join(layout.workingDirectory, "topics", "send", "log");
    await mkdir(topic, { recursive: true });
    const handler = `const { appendFileSync, existsSync } = require("node:fs");
exports.process = async () => {
  const isFirst = !existsSync("${layout.workingDirectory}/calls");
  appendFileSync("${layout.workingDirectory}/calls", process.env.MACHINE_RUN_ID + "\\n");
  if (isFirst) await new Promise((resolve) => setTimeout(resolve, 600_000));
  console.log("handled");
};
`;
    await writeFile(join(topic, "index.cjs"), handler);
    const calls = await linesOf(layout.workingDirectory, "calls");
    const daemon = start(layout);
    await daemon.greeted;
    await using store = await openStore(`lmdb:${join(layout.dataDirectory, "store")}`);
    await openTopics(store)["send"]?.publish(1);
    await calls(1);
    process.kill(helperOf(daemon.pid) ?? 0, "SIGKILL");
    const [first, second] = await calls(2);
    expect(second).toBe(first);
    await daemon.logged("a handler printed");
    expect(daemon.log()).not.toContain("a handler failed");
  });
});
