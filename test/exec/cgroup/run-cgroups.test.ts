/**
 * Cgroups of runs. Where the host lets this process make none (most containers, other users than root outside a delegated systemd
 * unit), only the fallback exists, and the first two tests show that it is used.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { placeInCgroup } from "../../../src/exec/cgroup/run-cgroups.ts";
import type { HelperRunner } from "../../../src/exec/helper-runner.ts";
import { cgroupsOf, runningProcesses } from "../../../src/exec/process-table.ts";
import { directoryMark } from "../../../src/lib/process-lock.ts";
import { baseCgroup, hasCgroups, runCgroups, trackBy } from "../cgroups.ts";
import { freshDirectory, freshLifelines, request, run, shell, startRunner } from "../runner-harness.ts";

const printCgroup = "grep ^0:: /proc/self/cgroup";

function pathOf(pid: number): string {
  return /^0::(.*)$/m.exec(cgroupsOf(pid))?.[1] ?? "";
}

async function startHere(): Promise<{ directory: string; mark: string; runner: HelperRunner; base: string }> {
  const directory = freshDirectory();
  const mark = directoryMark(directory);
  return { directory, mark, runner: await startRunner(directory), base: baseCgroup(mark) };
}

describe.runIf(process.platform === "linux")("runs are tracked", () => {
  it("by cgroups where the host offers them, else by a search", async () => {
    const { runner, base } = await startHere();
    expect(runner.tracking).toBe(hasCgroups ? "cgroup" : "search");
    expect(existsSync(base)).toBe(hasCgroups);
  });

  it("by a search where a cgroup may have none in it, and commands run as always", async () => {
    trackBy("search");
    const { runner, base } = await startHere();
    expect(runner.tracking).toBe("search");
    const { stdout } = await run(runner, shell(printCgroup));
    expect(stdout.trim()).toBe(`0::${pathOf(runner.helperPid ?? 0)}`);
    expect(existsSync(base)).toBe(false);
  });
});

describe.runIf(hasCgroups)("with cgroups", () => {
  it("a command starts in one of its own below the helper's, which is removed when it ends", async () => {
    const { mark, runner, base } = await startHere();
    const home = pathOf(runner.helperPid ?? 0);
    const { stdout } = await run(runner, shell(printCgroup));
    const path = stdout.trim().slice("0::".length);
    expect(path.startsWith(join(home, `machinist-${mark}/`))).toBe(true);
    expect(placeInCgroup(path, mark)).toMatch(/^[0-9a-f-]{36}\/1$/);
    expect(runCgroups(mark)).toEqual([]);
    await runner.stop({ drainMs: 0 });
    expect(existsSync(base)).toBe(false);
  });

  it("a disowned command, and what an ended one left in the background, are in the helper's", async () => {
    const { directory, mark, runner, base } = await startHere();
    const lifelines = await freshLifelines(directory);
    const home = pathOf(runner.helperPid ?? 0);
    void run(runner, request(lifelines.argv("disowned"), { disown: true }));
    const words = lifelines.argv("server", "parent").map((word) => `'${word}'`);
    await run(runner, shell(`${words.join(" ")} >/dev/null 2>&1 &`));
    const lives = await Promise.all(
      ["disowned", "server", "server.child"].map((name) => lifelines.begun(name)),
    );
    await run(runner, request(["true"]));
    expect(lives.map(({ pid }) => pathOf(pid))).toEqual([home, home, home]);
    expect(runCgroups(mark)).toEqual([]);
    await runner.stop({ drainMs: 0 });
    expect(existsSync(base)).toBe(false);
  });

  it("a stop reaches cgroups that the command made in its own, and removes them", async () => {
    const { directory, mark, runner } = await startHere();
    const lifelines = await freshLifelines(directory);
    const abort = new AbortController();
    const own = `${baseCgroup(mark)}/$(grep ^0:: /proc/self/cgroup | sed 's,.*/machinist-[0-9a-f]*/,,')`;
    const script = `inner="${own}/inner"; mkdir "$inner"; echo 0 > "$inner/cgroup.procs"; (env -i setsid "$@" <&- >&- 2>&- &); exec sleep 600`;
    const wanted = request(["/bin/sh", "-c", script, "sh", ...lifelines.argv("inner", "deaf", "unmarked")]);
    const result = runner.run(wanted, abort.signal);
    const { pid } = await lifelines.begun("inner");
    expect(pathOf(pid)).toMatch(/\/1\/inner$/);
    abort.abort();
    expect((await result).end).toEqual({ how: "stopped" });
    expect(runningProcesses().map((process) => process.pid)).not.toContain(pid);
    expect(runCgroups(mark)).toEqual([]);
  });

  it("a command runs without one when no more can be made", async () => {
    const { mark, runner } = await startHere();
    writeFileSync(join(baseCgroup(mark), "cgroup.max.descendants"), "1");
    const { end, stdout } = await run(runner, shell(printCgroup));
    expect(end).toEqual({ how: "exited", code: 0 });
    expect(stdout.trim()).toBe(`0::${pathOf(runner.helperPid ?? 0)}`);
  });

  it("those of a killed helper are removed by the next one", async () => {
    const { directory, mark, runner } = await startHere();
    const lifelines = await freshLifelines(directory);
    const lost = run(runner, request(lifelines.argv("a")));
    await lifelines.begun("a");
    const [left = ""] = runCgroups(mark);
    expect(readFileSync(join(baseCgroup(mark), left, "cgroup.procs"), "utf8")).not.toBe("");
    process.kill(runner.helperPid ?? 0, "SIGKILL");
    expect((await lost).end).toEqual({ how: "lost" });
    expect((await run(runner, request(["true"]))).end).toEqual({ how: "exited", code: 0 });
    expect(runner.tracking).toBe("cgroup");
    expect(runCgroups(mark)).toEqual([]);
    expect(existsSync(join(baseCgroup(mark), left, ".."))).toBe(false);
  });
});

it.each([
  ["/machinist-0a/h/1", "h/1"],
  ["/a.slice/machinist-0a/h/1/inner/x", "h/1"],
  ["/machinist-0b/g/2/machinist-0a/h/1", "h/1"],
  ["/machinist-0b/g/2", undefined],
  ["/", undefined],
  ["", undefined],
])("the place of a process in %s is %s", (path, place) => {
  expect(placeInCgroup(path, "0a")).toBe(place);
});
