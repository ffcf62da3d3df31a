/** The limit on open files is reached while a daemon runs. */
import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { startDaemonProcess } from "./kill/daemon-process.ts";

const machine = `
name: working
version: 1.0.0
initial_state: ONE
transitions:
  - { name: go, from: [ONE], destination: TWO }
  - { name: back, from: [TWO], destination: ONE }
watchers:
  - name: forth
    type: exec
    interval: 1s
    state_match: [ONE]
    success_transition: go
    properties: { command: "true", timeout: 10s }
  - name: home
    type: exec
    interval: 1s
    state_match: [TWO]
    success_transition: back
    properties: { command: "true", timeout: 10s }
`;

it("commands that cannot start are logged once per watcher, and run again when the limit is raised", async () => {
  const directory = await mkdtemp(join(tmpdir(), "machinist-open-files-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  const dropDirectory = join(directory, "machines");
  await mkdir(dropDirectory);
  await writeFile(join(dropDirectory, "working.yaml"), machine);
  const dataDirectory = join(directory, "data");
  const daemon = startDaemonProcess({ dropDirectory, dataDirectory, workingDirectory: directory });
  onTestFinished(async () => {
    daemon.kill("SIGKILL");
    await daemon.ended;
  });
  await daemon.logged("ONE → TWO");
  // Commands are started by the daemon's only child.
  const [helper = ""] = (await readFile(`/proc/${daemon.pid}/task/${daemon.pid}/children`, "utf8")).split(
    " ",
  );
  const limit = (files: string): void => {
    expect(spawnSync("prlimit", ["--pid", helper, `--nofile=${files}:`]).status).toBe(0);
  };
  limit("1");
  await daemon.logged("too many open files; raise the limit with `ulimit -n`");
  const before = daemon.log().split("→").length;
  limit("1024");
  while (daemon.log().split("→").length === before) await daemon.grew();
  const failures = daemon
    .log()
    .split("\n")
    .filter((line) => line.includes("too many open files"));
  expect(failures.length).toBeLessThanOrEqual(2);
  daemon.kill("SIGTERM");
  expect(await daemon.ended).toBe(0);
});
