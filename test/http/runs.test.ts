import { execFileSync } from "node:child_process";
import { mkdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { Daemon } from "../../src/daemon.ts";
import { type RunningDaemon, runningDaemon } from "./surfaces.ts";

const script = "echo first; echo second >&2; exit 3";
const machine = (command: string): string => `
name: m
version: 1.0.0
initial_state: A
transitions:
  - { name: go, from: [A], destination: B }
  - { name: back, from: [B], destination: A }
watchers:
  - name: build
    type: exec
    state_match: [B]
    success_transition: back
    fail_transition: back
    properties: { command: ${JSON.stringify(command)}, timeout: 1m }
`;

function moved(daemon: Daemon, transition: string): Promise<void> {
  return new Promise((resolve) => {
    const undo = daemon.bus.subscribe(({ data }) => {
      if (!("transition" in data) || data.transition !== transition) return;
      undo();
      resolve();
    });
  });
}

async function runOnce({ daemon, ask }: RunningDaemon): Promise<void> {
  const back = moved(daemon, "back");
  await ask("POST", "/v1/machines/m/transition", { transition: "go" });
  await back;
}

it("lists the runs of a machine: times, end and the transition that each led to", async () => {
  const running = await runningDaemon({ "m.yaml": machine(`/bin/sh -c '${script}'`) });
  await runOnce(running);
  const { body, status } = await running.ask("GET", "/v1/machines/m/runs");
  expect(status).toBe(200);
  const id = running.daemon.supervisor.machine("m").record.id;
  expect(body).toEqual([
    {
      machine: "m",
      watcher: "build",
      run: 1,
      id: `${id}.build.1.0`,
      started: expect.stringMatching(/^\d{4}-.*Z$/),
      ended: expect.stringMatching(/^\d{4}-.*Z$/),
      durationMs: expect.any(Number),
      status: "exited",
      exitCode: 3,
      end: "exit status 3",
      outcome: "error",
      error: `command \`/bin/sh -c '${script}'\`: exit status 3`,
      transition: "back",
      from: "B",
      to: "A",
    },
  ]);
  await runOnce(running);
  expect((await running.ask("GET", "/v1/machines/m/runs?watcher=build")).body).toHaveLength(2);
  expect((await running.ask("GET", "/v1/machines/m/runs?watcher=other")).body).toEqual([]);
  expect((await running.ask("GET", "/v1/machines/m/runs?since=2100-01-01T00:00:00Z")).body).toEqual([]);
  expect((await running.ask("GET", "/v1/machines/n/runs")).status).toBe(404);
});

it("shows the output of a run by its number and its id, from an offset", async () => {
  const running = await runningDaemon({ "m.yaml": machine(`/bin/sh -c '${script}'`) });
  await runOnce(running);
  const runs = "/v1/machines/m/watchers/build/runs";
  const output = await running.ask("GET", `${runs}/1/output`);
  expect(output.body).toBe("first\nsecond\n");
  expect(output.headers["content-type"]).toBe("text/plain; charset=utf-8");
  const [{ id }] = (await running.ask("GET", "/v1/machines/m/runs")).body;
  expect((await running.ask("GET", `${runs}/${id}/output?offset=6`)).body).toBe("second\n");
  expect(await running.ask("GET", `${runs}/2/output`)).toMatchObject({
    status: 404,
    body: { error: { code: "RUN_NOT_FOUND" } },
  });
});

it("follows a run while it prints, and ends with it", async () => {
  const running = await runningDaemon({
    "m.yaml": machine("/bin/sh -c 'echo begun; read line < \"$MACHINE_WORK_DIR/gate\"; echo $line'"),
  });
  const { directory, daemon, ask, stream } = running;
  const work = join(directory, ".machinist", "work", "m");
  mkdirSync(work, { recursive: true });
  execFileSync("mkfifo", [join(work, "gate")]);
  const back = moved(daemon, "back");
  await ask("POST", "/v1/machines/m/transition", { transition: "go" });
  const events = await startedOutput(running, stream);
  expect(await events.next()).toMatchObject({ event: "output", data: { text: "begun\n" } });
  const [listed] = (await ask("GET", "/v1/machines/m/runs")).body;
  expect(listed).toMatchObject({ status: "running", ended: null, end: null });
  writeFileSync(join(work, "gate"), "later\n");
  const rest = await events.rest();
  expect(rest.map(({ event }) => event)).toEqual(["output", "end"]);
  expect(rest[0]?.data).toEqual({ text: "later\n" });
  expect(rest[1]?.data).toMatchObject({ run: 1, status: "exited", exitCode: 0 });
  await back;
});

/** Asks until the run has begun to print. */
async function startedOutput({ directory }: RunningDaemon, stream: RunningDaemon["stream"]) {
  const file = join(directory, ".machinist", "logs", "m", "build", "1.log");
  while (!(statSync(file, { throwIfNoEntry: false })?.size ?? 0)) await new Promise(setImmediate);
  return await stream("/v1/machines/m/watchers/build/runs/1/output?follow=true");
}
