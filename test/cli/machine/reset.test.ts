/** `reset` and `forget` with a running daemon, beside one that does not run the machine, and without a daemon. */
import { rm } from "node:fs/promises";
import { userInfo } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { startDaemonProcess } from "../../end-to-end/kill/daemon-process.ts";
import { runningDaemon } from "../../http/surfaces.ts";
import { runProgram } from "../program.ts";

const me = userInfo().username;
const machine = `
name: m
version: 1.0.0
initial_state: A
transitions:
  - { name: go, from: [A], destination: B }
  - { name: on, from: [B], destination: C }
watchers:
  - name: release
    type: kv
    state_match: [A]
    success_transition: go
    properties: { bucket: CFG, key: release, mode: watch }
`;

/** In state C, with data, after it handled a value. */
async function inC() {
  const running = await runningDaemon({ "m.yaml": machine });
  const { directory } = running;
  const run = (...argv: string[]) => runProgram({ directory }, ...argv);
  const shown = async () => JSON.parse((await run("show", "m", "--json")).stdout);
  await run("kv", "add", "CFG");
  await run("kv", "put", "CFG", "release", "1");
  await run("wait", "m", "--state", "B", "--timeout", "30s");
  await run("transition", "m", "on");
  expect(await shown()).toMatchObject({ state: "C", data: { CFG_release: "1" } });
  return { ...running, run, shown };
}

it("reset and forget: refuse a running machine before any question, and name the way", async () => {
  const { run, shown } = await inC();
  for (const verb of ["reset", "forget"])
    expect(await run(verb, "m")).toMatchObject({
      status: 4,
      stdout: "",
      stderr:
        "machinist: machine m runs. Remove its file or stop the daemon first; or use -f: the machine is stopped, changed and started again\n",
    });
  expect((await shown()).state).toBe("C");
});

it("reset -f: a running machine goes back to its initial state, and acts on what is there", async () => {
  const { run, shown } = await inC();
  const before = await shown();
  expect(await run("reset", "m", "-f")).toMatchObject({ status: 0, stdout: "m: reset\n" });
  await run("wait", "m", "--state", "B", "--timeout", "30s");
  expect(await shown()).toMatchObject({ id: before.id, data: { CFG_release: "1" } });
  expect((await run("history", "m")).stdout).toMatch(/@reset.*C.*A.*user/);
});

it("reset -f --keep-data --state: nothing that was handled is handled again", async () => {
  const { run, shown } = await inC();
  expect(await run("reset", "m", "--keep-data", "-f", "--json")).toMatchObject({
    status: 0,
    stdout: '{"machine":"m","done":"reset"}\n',
  });
  expect(await shown()).toMatchObject({ state: "A", data: { CFG_release: "1" } });
  await run("kv", "put", "CFG", "release", "2");
  await run("wait", "m", "--state", "B", "--timeout", "30s");
  await run("reset", "m", "--state", "C", "--keep-data", "-f");
  expect(await shown()).toMatchObject({ state: "C", data: { CFG_release: "2" } });
  expect(await run("reset", "m", "--state", "D", "-f")).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('machine m has no state "D"'),
  });
  expect((await shown()).state).toBe("C");
  expect(await run("reset", "none", "-f")).toMatchObject({ status: 3 });
});

it("forget -f: a running machine starts as a new one, and handles what is there", async () => {
  const { run, shown } = await inC();
  const before = await shown();
  expect(await run("forget", "m", "-f")).toMatchObject({ status: 0, stdout: "m: forgotten\n" });
  await run("wait", "m", "--state", "B", "--timeout", "30s");
  const after = await shown();
  expect(after.id).not.toBe(before.id);
  expect(after.data).toEqual({ CFG_release: "1" });
  expect((await run("history", "m", "--json")).stdout).not.toContain('"to":"C"');
});

it("forget: takes a machine whose file is gone without force, after a question", async () => {
  const { directory, run, daemon } = await inC();
  await daemon.stop();
  await rm(join(directory, "machines", "m.yaml"));
  const next = startDaemonProcess({
    workingDirectory: directory,
    dropDirectory: join(directory, "machines"),
    dataDirectory: join(directory, ".machinist"),
  });
  onTestFinished(async () => {
    next.kill("SIGKILL");
    await next.ended;
  });
  await next.greeted;
  expect(await run("forget", "m")).toMatchObject({
    status: 2,
    stderr: expect.stringContaining("without a terminal; -f does it unasked"),
  });
  expect(await run("forget", "m", "-f")).toMatchObject({ status: 0 });
  expect(await run("forget", "m", "-f")).toMatchObject({
    status: 3,
    stderr: expect.stringContaining('machine "m" has no record'),
  });
});

it("reset and forget: work without a daemon", async () => {
  const { run, daemon, directory } = await inC();
  await daemon.stop();
  expect(await run("reset", "m", "--state", "B", "--keep-data", "-f")).toMatchObject({
    status: 0,
    stderr: "",
  });
  const record = async () =>
    JSON.parse((await run("kv", "--internal", "get", "machinist-machines", "m", "--raw")).stdout);
  expect(await record()).toMatchObject({
    state: "B",
    data: { CFG_release: "1" },
    last: { transition: "@reset", from: "C", to: "B", by: `user ${me}` },
  });
  await rm(join(directory, "machines", "m.yaml"));
  expect(await run("reset", "m", "-f")).toMatchObject({
    status: 3,
    stderr: expect.stringContaining("its initial state is not known"),
  });
  expect(await run("forget", "m", "-f")).toMatchObject({ status: 0 });
  expect(await run("kv", "--internal", "get", "machinist-machines", "m")).toMatchObject({ status: 3 });
});
