/** `pause`, `resume` and `wait` as a person uses them, against a whole daemon; and a daemon that is killed while a machine is paused. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { hostname, tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { startDaemonProcess } from "../../end-to-end/kill/daemon-process.ts";
import { runningDaemon } from "../../http/surfaces.ts";
import { yaml } from "../../supervisor/supervise.ts";
import { runProgram, startProgram } from "../program.ts";

const me = `user ${userInfo().username} (claimed) on ${hostname()}`;

it("pause and resume: shown by show, list, status, metrics and events", async () => {
  const { directory, ask } = await runningDaemon();
  const run = (...argv: string[]) => runProgram({ directory }, ...argv);
  expect((await run("pause", "m")).stdout).toMatch(
    /^m: paused since [\d :-]+, by user .* \(claimed\) on .*\n$/,
  );
  const again = await run("pause", "m", "--json");
  expect(JSON.parse(again.stdout)).toEqual({ machine: "m", paused: { at: expect.any(String), by: me } });
  expect((await run("show", "m")).stdout).toMatch(/Health: paused\n +Paused: since [\d :-]+, by user /);
  expect((await run("list")).stdout).toMatch(/│ m .*│ paused │/);
  expect((await run("status")).stdout).toContain("1 paused");
  const metrics = await ask("GET", "/metrics");
  expect(metrics.body).toContain('machinist_machine_paused{machine="m"} 1');
  expect(metrics.body).toContain('machinist_machines{health="paused"} 1');
  expect(await run("transition", "m", "go")).toMatchObject({ status: 0, stdout: "m: go, A to B\n" });
  expect((await run("resume", "m")).stdout).toBe("m: not paused\n");
  expect((await run("show", "m")).stdout).toMatch(/Health: running\n +Transitions/);
  const events = await run("events", "m");
  expect(events.stdout).toContain(`m: paused in A by ${me}`);
  expect(events.stdout).toContain(`m: go, A to B by ${me}`);
  expect(events.stdout).toContain(`m: resumed in B by ${me}`);
  expect((await run("history", "m")).stdout).toContain(`│ ${me} │`);
  expect(await run("pause", "n")).toMatchObject({ status: 3 });
});

it("a pause survives kill -9 of the daemon and an edit of the file", async () => {
  const directory = await mkdtemp(join(tmpdir(), "machinist-pause-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  await mkdir(join(directory, "machines"));
  const file = join(directory, "machines/m.yaml");
  await writeFile(file, ticking("1.0.0"));
  const start = async () => {
    const daemon = startDaemonProcess({
      dropDirectory: join(directory, "machines"),
      dataDirectory: join(directory, ".machinist"),
      workingDirectory: directory,
    });
    await daemon.greeted;
    return daemon;
  };
  const run = (...argv: string[]) => runProgram({ directory }, ...argv);
  const first = await start();
  await run("pause", "m");
  const before = JSON.parse((await run("show", "m", "--json")).stdout);
  first.kill("SIGKILL");
  await first.ended;
  const second = await start();
  const shown = JSON.parse((await run("show", "m", "--json")).stdout);
  expect(shown).toMatchObject({ health: "paused", paused: before.paused, watchers: [{ lookedAt: null }] });
  await writeFile(file, ticking("1.0.1"));
  await second.logged("machine replaced");
  const edited = JSON.parse((await run("show", "m", "--json")).stdout);
  expect(edited).toMatchObject({ version: "1.0.1", health: "paused", paused: before.paused });
  expect(edited.watchers).toMatchObject([{ lookedAt: null, nextLookAt: null }]);
  await run("resume", "m");
  expect(await run("wait", "m", "--state", "DONE", "--timeout", "30s")).toMatchObject({ status: 0 });
  second.kill("SIGTERM");
  expect(await second.ended).toBe(0);
});

const ticking = (version: string): string => `
name: m
version: ${version}
initial_state: A
transitions:
  - { name: done, from: [A], destination: DONE }
watchers:
  - { name: tick, type: exec, interval: 10s, state_match: [A], success_transition: done, properties: { command: sleep 1 } }
`;

it("wait --state: returns at once in the state, when it comes, and when it was passed through", async () => {
  const { directory, ask } = await runningDaemon();
  const run = (...argv: string[]) => runProgram({ directory }, ...argv);
  expect(await run("wait", "m", "--state", "A")).toMatchObject({ status: 0, stdout: "m: A, running\n" });
  const { child, ended } = waiting(directory, "wait", "m", "--state", "B", "--json");
  await untilFollowed(ask, 2);
  for (const transition of ["go", "back"]) await ask("POST", "/v1/machines/m/transition", { transition });
  expect(JSON.parse(await ended)).toMatchObject({ name: "m" });
  expect(child.exitCode).toBe(0);
});

it("wait --healthy: waits for the end of a pause", async () => {
  const { directory, ask } = await runningDaemon();
  await ask("POST", "/v1/machines/m/pause");
  const { child, ended } = waiting(directory, "wait", "m", "--healthy");
  await untilFollowed(ask, 1);
  await ask("POST", "/v1/machines/m/resume");
  expect(await ended).toBe("m: A, running\n");
  expect(child.exitCode).toBe(0);
});

it("wait: ends with 5 after the timeout, 3 for no such machine, 2 without anything to wait for, 1 when it is stopped", async () => {
  const { directory, ask } = await runningDaemon();
  const run = (...argv: string[]) => runProgram({ directory }, ...argv);
  expect(await run("wait", "m", "--state", "B", "--timeout", "100ms")).toMatchObject({
    status: 5,
    stderr: "machinist: machine m is still A, running after 100ms\n",
  });
  expect(await run("wait", "n", "--state", "B")).toMatchObject({ status: 3 });
  expect(await run("wait", "m")).toMatchObject({ status: 2 });
  const { child, ended } = waiting(directory, "wait", "m", "--state", "B");
  await untilFollowed(ask, 2);
  child.kill("SIGINT");
  await ended;
  expect(child.exitCode).toBe(1);
});

it("wait: ends with 3 when the machine's file is removed", async () => {
  const { directory, ask } = await runningDaemon({ "m.yaml": yaml("m"), "n.yaml": yaml("n") });
  const { child, ended } = waiting(directory, "wait", "m", "--state", "B");
  await untilFollowed(ask, 2);
  await rm(join(directory, "machines/m.yaml"));
  await ended;
  expect(child.exitCode).toBe(3);
});

/** Starts it; `ended` resolves with all of its stdout when it has exited. */
function waiting(directory: string, ...argv: string[]) {
  const child = startProgram({ directory }, argv);
  let said = "";
  child.stdout.on("data", (chunk: Buffer) => {
    said += chunk;
  });
  child.stderr.resume();
  const ended = new Promise<string>((resolve) => child.once("close", () => resolve(said)));
  return { child, ended };
}

/** Resolves when so many readers follow the daemon's streams: asked again after each answer. */
async function untilFollowed(
  ask: Awaited<ReturnType<typeof runningDaemon>>["ask"],
  count: number,
): Promise<void> {
  for (;;) {
    const { body } = await ask("GET", "/metrics");
    if (String(body).includes(`machinist_http_streams ${count}\n`)) return;
  }
}
