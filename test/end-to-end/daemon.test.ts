import { mkdir, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { startDaemonProcess } from "./kill/daemon-process.ts";

const machine = (command: string): string => `
name: m
version: 1.0.0
initial_state: A
transitions:
  - { name: go, from: [A], destination: B }
watchers:
  - name: work
    type: exec
    interval: 1h
    state_match: [A]
    success_transition: go
    properties: { command: ${JSON.stringify(command)}, gather_initial_state: true, timeout: 1m }
`;

async function layOut(text = machine("true")) {
  const workingDirectory = await mkdtemp(join(tmpdir(), "machinist-daemon-"));
  onTestFinished(() => rm(workingDirectory, { recursive: true, force: true }));
  const dropDirectory = join(workingDirectory, "machines");
  await mkdir(dropDirectory);
  await writeFile(join(dropDirectory, "m.yaml"), text);
  return { workingDirectory, dropDirectory, dataDirectory: join(workingDirectory, "data") };
}

function start(layout: Awaited<ReturnType<typeof layOut>>) {
  const daemon = startDaemonProcess(layout);
  onTestFinished(async () => {
    daemon.kill("SIGKILL");
    await daemon.ended;
  });
  return daemon;
}

describe("the daemon", () => {
  it("greets, ends with 0 after SIGTERM, and leaves no socket behind", async () => {
    const layout = await layOut();
    const daemon = start(layout);
    await daemon.greeted;
    await stat(join(layout.dataDirectory, "machinist.sock"));
    daemon.kill("SIGTERM");
    expect(await daemon.ended).toBe(0);
    await expect(stat(join(layout.dataDirectory, "machinist.sock"))).rejects.toMatchObject({
      code: "ENOENT",
    });
  });

  it("refuses a second daemon on the same data directory, and names the first", async () => {
    const layout = await layOut();
    const first = start(layout);
    await first.greeted;
    const second = start(layout);
    expect(await second.ended).toBe(4);
    expect(second.log()).toContain(
      `the daemon with pid ${first.pid} runs on ${layout.dataDirectory} already`,
    );
    expect(second.log()).not.toMatch(/\n\s+at /);
    first.kill("SIGTERM");
    expect(await first.ended).toBe(0);
  });

  it("starts again at once after SIGKILL", async () => {
    const layout = await layOut();
    const first = start(layout);
    await first.greeted;
    first.kill("SIGKILL");
    expect(await first.ended).toBe("SIGKILL");
    const second = start(layout);
    await second.greeted;
    second.kill("SIGINT");
    expect(await second.ended).toBe(0);
  });

  it("logs JSON lines when it is no terminal", async () => {
    const daemon = start(await layOut());
    await daemon.greeted;
    daemon.kill("SIGTERM");
    await daemon.ended;
    const lines = daemon
      .log()
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines).toContainEqual(
      expect.objectContaining({ level: "info", msg: "machine runs", machine: "m" }),
    );
  });

  it("starts anew with the config that it finds at SIGHUP, and keeps the old one when that is broken", async () => {
    const layout = await layOut();
    const configFile = join(layout.workingDirectory, "machinist.yaml");
    const daemon = start(layout);
    await daemon.greeted;
    await writeFile(configFile, "log: { level: shout }\n");
    daemon.kill("SIGHUP");
    await daemon.logged("the config is not valid; nothing changes");
    await rm(configFile);
    daemon.kill("SIGHUP");
    await daemon.logged("config read again; starting anew with it");
    daemon.kill("SIGTERM");
    expect(await daemon.ended).toBe(0);
  });
});
