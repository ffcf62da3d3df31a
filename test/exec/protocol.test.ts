import { expect, it } from "vitest";
import { isFromHelper, isToHelper } from "../../src/exec/protocol.ts";

const settings = {
  directory: "/d",
  baseEnvironment: { PATH: "/bin" },
  concurrency: 2,
  stopGraceMs: 5000,
  logs: { maxRunSize: 4096, runs: 1, maxTotalSize: 4096 },
};
const request = {
  argv: ["true"],
  directory: "/",
  environment: {},
  files: {},
  timeoutMs: 0,
  disown: false,
  runId: "r",
  log: { owner: "m", part: "w" },
  readsStdout: false,
};
const result = {
  end: { how: "exited", code: 0 },
  stdout: "",
  stdoutComplete: true,
  output: "",
  durationMs: 1,
};

it.each<[unknown]>([
  [{ type: "configure", settings }],
  [{ type: "run", id: 1, request }],
  [{ type: "stop", id: 1 }],
])("the helper takes %j", (message) => {
  expect(isToHelper(JSON.parse(JSON.stringify(message)))).toBe(true);
});

it.each<[unknown]>([
  [null],
  ["run"],
  [{}],
  [{ type: "ready" }],
  [{ type: "configure", settings: { ...settings, directory: 1 } }],
  [{ type: "configure", settings: { ...settings, baseEnvironment: { PATH: 1 } } }],
  [{ type: "configure" }],
  [{ type: "run", id: "1", request }],
  [{ type: "run", id: 1, request: { ...request, argv: "true" } }],
  [{ type: "run", id: 1, request: { ...request, argv: [1] } }],
  [{ type: "run", id: 1, request: { ...request, log: { owner: "m" } } }],
  [{ type: "run", id: 1, request: { ...request, readsStdout: undefined } }],
  [{ type: "configure", settings: { ...settings, logs: {} } }],
  [{ type: "run", id: 1, request: { ...request, files: [] } }],
  [{ type: "run", id: 1, request: { ...request, disown: undefined } }],
  [{ type: "stop" }],
])("the helper refuses %j", (message) => {
  expect(isToHelper(message)).toBe(false);
});

it.each<[unknown]>([
  [{ type: "ready", tracking: "cgroup" }],
  [{ type: "ready", tracking: "search" }],
  [{ type: "ready", tracking: "process-group" }],
  [{ type: "waiting", holder: 7 }],
  [{ type: "waiting", holder: null }],
  [{ type: "surviving", pids: [7], problem: null }],
  [{ type: "refused", reason: "x" }],
  [{ type: "started", id: 1, pid: 2, run: 3 }],
  ...[
    { how: "exited", code: 0 },
    { how: "signalled", signal: "SIGKILL" },
    { how: "timed-out", afterMs: 1 },
    { how: "not-started", reason: "x" },
    { how: "lost" },
    { how: "stopped" },
  ].map((end): [unknown] => [{ type: "ended", id: 1, result: { ...result, end } }]),
])("the daemon takes %j", (message) => {
  expect(isFromHelper(JSON.parse(JSON.stringify(message)))).toBe(true);
});

it.each<[unknown]>([
  [undefined],
  [[]],
  [{ type: "run", id: 1, request }],
  [{ type: "ready" }],
  [{ type: "ready", tracking: "guess" }],
  [{ type: "waiting" }],
  [{ type: "surviving", pids: ["7"], problem: null }],
  [{ type: "surviving", pids: [7] }],
  [{ type: "refused" }],
  [{ type: "started", id: 1, pid: 2 }],
  [{ type: "ended", id: 1, result: { ...result, run: "3" } }],
  [{ type: "ended", id: 1 }],
  [{ type: "ended", id: 1, result: { ...result, end: { how: "exited" } } }],
  [{ type: "ended", id: 1, result: { ...result, end: { how: "vanished" } } }],
  [{ type: "ended", id: 1, result: { ...result, end: null } }],
  [{ type: "ended", id: 1, result: { ...result, stdout: null } }],
])("the daemon refuses %j", (message) => {
  expect(isFromHelper(message)).toBe(false);
});
