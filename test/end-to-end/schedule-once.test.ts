/** A window that a machine has worked in is not begun again after kill -9 of the real daemon. */
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { startDaemonProcess } from "./kill/daemon-process.ts";

// Each minute begins a window of an hour: they are one that never ends, whenever the test runs.
const machine = `
name: m
version: 1.0.0
initial_state: IDLE
transitions:
  - { name: work, from: [IDLE], destination: WORKING }
  - { name: done, from: [WORKING], destination: IDLE }
  - { name: rest, from: [IDLE], destination: RESTING }
watchers:
  - { name: hours, type: schedule, state_match: [IDLE], success_transition: work,
      properties: { schedules: ["* * * * *"], duration: 1h } }
  - { name: pause, type: timer, state_match: [IDLE], fail_transition: rest, properties: { timer: 1s } }
`;

it("C74: a schedule fires once in a window, also when the daemon is killed in between", async () => {
  const workingDirectory = await mkdtemp(join(tmpdir(), "machinist-schedule-"));
  const dropDirectory = join(workingDirectory, "machines");
  const dataDirectory = join(workingDirectory, "data");
  await mkdir(dropDirectory);
  await writeFile(join(dropDirectory, "m.yaml"), machine);
  const start = () => startDaemonProcess({ workingDirectory, dropDirectory, dataDirectory });
  let daemon = start();
  onTestFinished(async () => {
    daemon.kill("SIGKILL");
    await daemon.ended;
    await rm(workingDirectory, { recursive: true, force: true });
  });
  await daemon.logged("IDLE → WORKING");
  daemon.kill("SIGKILL");
  await daemon.ended;
  daemon = start();
  await daemon.greeted;
  const asking = request({
    socketPath: join(dataDirectory, "machinist.sock"),
    method: "POST",
    path: "/v1/machines/m/transition",
    headers: { "content-type": "application/json" },
    agent: false,
  });
  asking.end('{"transition":"done"}');
  const [answer] = (await once(asking, "response")) as [NodeJS.ReadableStream & { statusCode?: number }];
  answer.resume();
  expect(answer.statusCode).toBe(200);
  // Looked at again at once, the window fired nothing; the timer had its second.
  await daemon.logged("IDLE → RESTING");
});
