/** Revisions that history dropped before a machine handled them, as its operator sees them. */
import { expect, it } from "vitest";
import { runningDaemon } from "../http/surfaces.ts";
import { runProgram } from "./program.ts";

const machine = `
name: m
version: 1.0.0
initial_state: READY
transitions:
  - { name: take, from: [READY], destination: BUSY }
  - { name: ready, from: [BUSY], destination: READY }
watchers:
  - name: jobs
    type: kv
    state_match: [READY]
    success_transition: take
    properties: { bucket: JOBS, mode: watch, deliver: every }
`;

it("show, events, metrics and HTTP report how many revisions a watcher missed", async () => {
  const { directory, ask, stream } = await runningDaemon({ "m.yaml": machine });
  await ask("PUT", "/v1/kv/JOBS", { history: 2 });
  const events = await stream("/v1/events?machine=m");
  const until = async (expected: (data: Record<string, unknown>) => boolean): Promise<void> => {
    for (;;) if (expected((await events.next()).data.data)) return;
  };
  const isTaken = (data: Record<string, unknown>) => data["transition"] === "take";
  await ask("PUT", "/v1/kv/JOBS/entries/job", { value: "1" });
  await until(isTaken);
  for (const value of ["2", "3", "4", "5"]) await ask("PUT", "/v1/kv/JOBS/entries/job", { value });
  await ask("POST", "/v1/machines/m/transition", { transition: "ready" });
  await until((data) => data["missed"] === 2 && data["missed_exact"] === true && data["name"] === "jobs");
  const missed = { bucket: "JOBS", revisions: 2, isExact: true };
  expect((await ask("GET", "/v1/machines/m")).body.watchers).toMatchObject([{ name: "jobs", missed }]);
  expect((await ask("GET", "/v1/machines")).body[0].watchers).toMatchObject([{ name: "jobs", missed }]);
  expect((await runProgram({ directory }, "show", "m")).stdout).toContain(
    "jobs missed 2 revisions of bucket JOBS since the machine started",
  );
  expect((await runProgram({ directory }, "doctor")).stdout).toMatch(
    /^warning {2}Machine m: watcher jobs missed 2 revisions of bucket JOBS since the machine started: .*--history N/m,
  );
  expect((await ask("GET", "/metrics")).body).toContain(
    'machinist_revisions_missed_total{machine="m",watcher="jobs"} 2',
  );
});
