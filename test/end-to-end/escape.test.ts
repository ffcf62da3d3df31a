/**
 * A real `machinist run` whose command starts a process that escapes, times every way to end it, with cgroups and without: of the
 * old run nothing lives when the run is repeated, and nothing is left at the end. Where the host lets this process make no cgroups,
 * only the search can be shown. The same with all kinds of escapes: test/exec/escape.test.ts.
 */
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { cgroupsOf } from "../../src/exec/process-table.ts";
import { directoryMark } from "../../src/lib/process-lock.ts";
import { baseCgroup, type Tracking, trackBy, trackings } from "../exec/cgroups.ts";
import type { Lifelines } from "../exec/lifelines.ts";
import { freshDirectory, freshLifelines, runDirectories } from "../exec/runner-harness.ts";
import { type DaemonProcess, startDaemonProcess } from "./kill/daemon-process.ts";

interface Place {
  readonly directory: string;
  readonly dataDirectory: string;
  readonly lifelines: Lifelines;
}

function machine(script: string, timeout: string): string {
  return JSON.stringify({
    name: "escaping",
    version: "1.0.0",
    initial_state: "WORKING",
    transitions: [{ name: "finish", from: ["WORKING"], destination: "DONE" }],
    watchers: [
      {
        name: "hook",
        type: "exec",
        interval: "1s",
        state_match: ["WORKING"],
        success_transition: "finish",
        properties: { command: `/bin/sh ${script}`, timeout },
      },
    ],
  });
}

/** Each run has a number: its processes are `main-N`, and `escaped-N`, which leaves by two forks, a session and no environment. */
function hook({ directory, lifelines }: Place, flags: readonly string[]): string {
  const words = (name: string, ...more: string[]): string =>
    lifelines
      .argv(name, "deaf", ...more)
      .map((word) => `"${word}"`)
      .join(" ");
  return `
    n=1; until mkdir "${directory}/runs/$n" 2>/dev/null; do n=$((n + 1)); done
    (env -i setsid ${words("escaped-$n", ...flags)} <&- >&- 2>&- &)
    exec ${words("main-$n")}
  `;
}

async function prepare(tracking: Tracking, timeout: string): Promise<Place> {
  const directory = freshDirectory();
  const place = {
    directory,
    dataDirectory: join(directory, "data"),
    lifelines: await freshLifelines(directory),
  };
  for (const name of ["machines", "runs"]) await mkdir(join(directory, name));
  const script = join(directory, "hook.sh");
  // Without a cgroup, one mark has to be left.
  await writeFile(script, hook(place, tracking === "cgroup" ? ["unmarked"] : []));
  await writeFile(join(directory, "machines", "escaping.yaml"), machine(script, timeout));
  await writeFile(
    join(directory, "machinist.yaml"),
    '{ "drain_timeout": "0s", "exec": { "stop_grace": "300ms" } }',
  );
  return place;
}

function startDaemon({ directory, dataDirectory }: Place): DaemonProcess {
  const dropDirectory = join(directory, "machines");
  const daemon = startDaemonProcess({ dropDirectory, dataDirectory, workingDirectory: directory });
  onTestFinished(async () => {
    daemon.kill("SIGKILL");
    await daemon.ended;
  });
  return daemon;
}

/** Commands are started by the daemon's only child. */
async function helperOf({ pid }: DaemonProcess): Promise<number> {
  return Number.parseInt(await readFile(`/proc/${pid}/task/${pid}/children`, "utf8"), 10);
}

/** What ends the first run. @returns the daemon that runs then */
type End = (daemon: DaemonProcess, place: Place) => Promise<DaemonProcess>;

const ends: Readonly<Record<string, End>> = {
  "the timeout of the watcher": async (daemon) => daemon,
  "a stop of the daemon": async (daemon, place) => {
    daemon.kill("SIGTERM");
    expect(await daemon.ended).toBe(0);
    return startDaemon(place);
  },
  "SIGKILL of the helper": async (daemon) => {
    process.kill(await helperOf(daemon), "SIGKILL");
    return daemon;
  },
  "SIGKILL of the daemon": async (daemon, place) => {
    daemon.kill("SIGKILL");
    await daemon.ended;
    return startDaemon(place);
  },
  "SIGKILL of daemon and helper": async (daemon, place) => {
    const helper = await helperOf(daemon);
    // Halted first, so that it cannot act on the daemon's end before its own.
    process.kill(helper, "SIGSTOP");
    daemon.kill("SIGKILL");
    process.kill(helper, "SIGKILL");
    await daemon.ended;
    return startDaemon(place);
  },
  "SIGSTOP of the daemon, which a second one does not replace, and its SIGKILL": async (daemon, place) => {
    daemon.kill("SIGSTOP");
    const second = startDaemon(place);
    // ALREADY_RUNNING
    expect(await second.ended).toBe(4);
    expect(["main-1", "escaped-1"].filter((name) => !place.lifelines.lives(name))).toEqual([]);
    daemon.kill("SIGKILL");
    await daemon.ended;
    return startDaemon(place);
  },
};

describe.runIf(process.platform === "linux").each(trackings)(
  "escape from machinist run (tracked by %s)",
  (tracking) => {
    beforeEach(() => trackBy(tracking));

    it.each(Object.entries(ends))("%s: no second copy beside it, nothing left", async (name, end) => {
      const place = await prepare(tracking, name.startsWith("the timeout") ? "6s" : "1h");
      const { dataDirectory, lifelines } = place;
      const first = startDaemon(place);
      const [main] = await Promise.all([lifelines.begun("main-1"), lifelines.begun("escaped-1")]);
      const base = baseCgroup(directoryMark(dataDirectory));
      expect(cgroupsOf(main.pid).includes(`${base.slice(base.lastIndexOf("/"))}/`)).toBe(
        tracking === "cgroup",
      );

      const daemon = await end(first, place);
      await Promise.all([lifelines.begun("main-2"), lifelines.begun("escaped-2")]);
      const { events } = lifelines;
      for (const old of ["-main-1", "-escaped-1"]) {
        expect(events).toContain(old);
        for (const next of ["+main-2", "+escaped-2"])
          expect(events.indexOf(old)).toBeLessThan(events.indexOf(next));
      }

      daemon.kill("SIGTERM");
      expect(await daemon.ended).toBe(0);
      expect(["main-2", "escaped-2"].filter((name) => lifelines.lives(name))).toEqual([]);
      expect(runDirectories(dataDirectory)).toEqual([]);
      expect(existsSync(base)).toBe(false);
    });
  },
);
