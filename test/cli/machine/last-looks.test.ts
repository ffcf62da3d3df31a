/** What show and list know of watchers after a restart, before they look again. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { openStore } from "../../../src/kv/open.ts";
import { startDaemonProcess } from "../../end-to-end/kill/daemon-process.ts";
import { runProgram } from "../program.ts";

const machine = `
name: m
version: 1.0.0
initial_state: A
transitions:
  - { name: go, from: [A], destination: B }
  - { name: back, from: [B], destination: C }
watchers:
  - name: build
    type: exec
    state_match: [B]
    success_transition: back
    fail_transition: back
    properties: { command: "sh -c 'exit 3'" }
`;

const failed = { name: "build", outcome: "error", error: "command `sh -c 'exit 3'`: exit status 3" };

function host() {
  const directory = mkdtempSync(join(tmpdir(), "machinist-looks-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  mkdirSync(join(directory, "machines"));
  writeFileSync(join(directory, "machines/m.yaml"), machine);
  const dataDirectory = join(directory, ".machinist");
  const start = async () => {
    const daemon = startDaemonProcess({
      dropDirectory: join(directory, "machines"),
      dataDirectory,
      workingDirectory: directory,
    });
    onTestFinished(async () => {
      daemon.kill("SIGKILL");
      await daemon.ended;
    });
    await daemon.greeted;
    return daemon;
  };
  const run = (...argv: string[]) => runProgram({ directory }, ...argv);
  const watcher = async () => JSON.parse((await run("show", "m", "--json")).stdout).watchers[0];
  return { dataDirectory, start, run, watcher };
}

it("after a restart, show and list know the last outcome, error and time of a watcher", async () => {
  const { start, run, watcher } = host();
  const first = await start();
  await run("transition", "m", "go");
  await run("wait", "m", "--state", "C", "--timeout", "1m");
  const before = await watcher();
  expect(before).toMatchObject(failed);
  first.kill("SIGTERM");
  await first.ended;
  const second = await start();
  expect(await watcher()).toMatchObject({ ...failed, lookedAt: before.lookedAt });
  const [listed] = JSON.parse((await run("list", "--json")).stdout);
  expect(listed.watchers).toMatchObject([{ outcome: "error", lookedAt: before.lookedAt }]);
  second.kill("SIGTERM");
  await second.ended;
});

it("a daemon that was killed knows what was written before", async () => {
  const { dataDirectory, start, run, watcher } = host();
  const first = await start();
  await run("transition", "m", "go");
  await run("wait", "m", "--state", "C", "--timeout", "1m");
  const before = await watcher();
  await written(dataDirectory);
  first.kill("SIGKILL");
  await first.ended;
  const second = await start();
  expect(await watcher()).toMatchObject({ ...failed, lookedAt: before.lookedAt });
  second.kill("SIGTERM");
  await second.ended;
});

/** Resolves when the running daemon has written the last look. */
async function written(dataDirectory: string): Promise<void> {
  await using store = await openStore(`lmdb:${join(dataDirectory, "state")}`);
  await store.whenBucketExists("machinist-looks", new AbortController().signal);
  const bucket = await store.openBucket("machinist-looks");
  for await (const item of bucket.watch("m"))
    if ("string" in item && item.string().includes('"error"')) return;
}

it("a machine that was forgotten has not looked yet, also after a restart", async () => {
  const { start, run, watcher } = host();
  const first = await start();
  await run("transition", "m", "go");
  await run("wait", "m", "--state", "C", "--timeout", "1m");
  expect(await run("forget", "m", "-f")).toMatchObject({ status: 0 });
  expect(await watcher()).toMatchObject({ outcome: "unknown", lookedAt: null });
  first.kill("SIGTERM");
  await first.ended;
  await start();
  expect(await watcher()).toMatchObject({ outcome: "unknown", lookedAt: null });
});
