import { mkdir, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { openStore } from "../../src/kv/open.ts";
import { startDaemonProcess } from "./kill/daemon-process.ts";
import { linesOf } from "./lines-of.ts";

const machine = (command: string, interval = "1h"): string => `
name: m
version: 1.0.0
initial_state: A
transitions:
  - { name: go, from: [A], destination: B }
watchers:
  - name: work
    type: exec
    interval: ${interval}
    state_match: [A]
    success_transition: go
    properties: { command: ${JSON.stringify(command)}, timeout: 1m }
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

  it("asked to stop while it starts, starts and stops cleanly", async () => {
    const layout = await layOut();
    const daemon = start(layout);
    await daemon.logged("machine runs");
    daemon.kill("SIGTERM");
    expect(await daemon.ended).toBe(0);
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

  it("at SIGTERM lets a command run on for the drain time, then stops it; the next start repeats it under its id", async () => {
    const started = 'echo "$MACHINE_RUN_ID $$" >> "$MACHINE_WORK_DIR/started"';
    const layout = await layOut(machine(`sh -c '${started}; exec sleep 600'`, "1s"));
    await writeFile(join(layout.workingDirectory, "machinist.yaml"), "drain_timeout: 100ms\n");
    const work = join(layout.dataDirectory, "work", "m");
    await mkdir(work, { recursive: true });
    const lines = await linesOf(work, "started");
    const runs: string[][] = [];
    for (const count of [1, 2]) {
      const daemon = start(layout);
      runs.push((await lines(count))[count - 1]?.split(" ") ?? []);
      daemon.kill("SIGTERM");
      expect(await daemon.ended).toBe(0);
      expect(() => process.kill(Number(runs[count - 1]?.[1]), 0)).toThrow("ESRCH");
    }
    const [[firstRun, firstPid], [secondRun, secondPid]] = runs as [string[], string[]];
    expect(secondRun).toBe(firstRun);
    expect(secondPid).not.toBe(firstPid);
  });

  it("keeps its records in the data directory when --store names another store", async () => {
    const layout = await layOut();
    const elsewhere = `lmdb:${join(layout.workingDirectory, "elsewhere")}`;
    const daemon = startDaemonProcess({ ...layout, flags: ["--store", elsewhere] });
    onTestFinished(async () => {
      daemon.kill("SIGKILL");
      await daemon.ended;
    });
    await daemon.greeted;
    daemon.kill("SIGTERM");
    await daemon.ended;
    const names = async (url: string): Promise<string[]> => {
      await using store = await openStore(url);
      return (await store.listBuckets()).map(({ bucket }) => bucket);
    };
    expect(await names(elsewhere)).toEqual([]);
    expect(await names(`lmdb:${join(layout.dataDirectory, "state")}`)).toContain("machinist-machines");
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
