/** A daemon beside a process that is stopped inside a write transaction on the daemon's own store. */
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { startStoppedWriter } from "../kv/fixtures/stopped-writer.ts";
import { startDaemonProcess } from "./kill/daemon-process.ts";

const machine = `
name: ticking
version: 1.0.0
initial_state: ONE
transitions:
  - { name: go, from: [ONE], destination: TWO }
  - { name: back, from: [TWO], destination: ONE }
watchers:
  - name: forth
    type: timer
    state_match: [ONE]
    fail_transition: go
    properties: { timer: 1s }
  - name: home
    type: timer
    state_match: [TWO]
    fail_transition: back
    properties: { timer: 1s }
`;

it("the daemon names the process that holds the lock, and its stop does not wait for it without end", async () => {
  const directory = await mkdtemp(join(tmpdir(), "machinist-stopped-writer-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  const dropDirectory = join(directory, "machines");
  const dataDirectory = join(directory, "data");
  await mkdir(dropDirectory);
  await writeFile(join(dropDirectory, "ticking.yaml"), machine);
  const daemon = startDaemonProcess({ dropDirectory, dataDirectory, workingDirectory: directory });
  onTestFinished(async () => {
    daemon.kill("SIGKILL");
    await daemon.ended;
  });
  await daemon.logged("ONE → TWO");
  const found = await readdir(dataDirectory, { recursive: true });
  const stores = found
    .filter((path) => path.endsWith("data.mdb"))
    .map((path) => dirname(join(dataDirectory, path)));
  const writers = await Promise.all(stores.map((store) => startStoppedWriter(store)));
  onTestFinished(async () => {
    for (const writer of writers) await writer.kill();
  });
  await daemon.logged("writes to the store fail");
  const named = writers.some(({ pid }) =>
    daemon.log().includes(`process ${pid} (stopped) holds its write lock`),
  );
  expect(named).toBe(true);
  daemon.kill("SIGTERM");
  expect(await daemon.ended).toBe(0);
});
