/** Commands that ask a daemon, against a whole one. */
import { expect, it } from "vitest";
import { hashOfToken } from "../../src/lib/token.ts";
import { runningDaemon } from "../http/surfaces.ts";
import { yaml } from "../supervisor/supervise.ts";
import { runProgram, startProgram } from "./program.ts";

it("status and facts", async () => {
  const { directory } = await runningDaemon();
  const status = await runProgram({ directory }, "status");
  expect(status.stdout).toMatch(
    /Store: lmdb:.*\n +HTTP: only on the socket\n +Machines: 1 running\n +Topics: no handlers\n +Commands: (each in a cgroup of its own|found by a search of all processes; no writable cgroup v2)\n +Disk: [\d.]+ [KM]iB used by the store, [\d.]+ .iB of [\d.]+ .iB free\n +Memory: [\d.]+ MiB\n +Event loop: late by [\d.]+ ms \(p99\)\n$/,
  );
  expect(JSON.parse((await runProgram({ directory }, "status", "--json")).stdout)).toMatchObject({
    machines: { running: 1 },
  });
  expect((await runProgram({ directory }, "facts")).stdout).toBe("{}\n");
});

it("events: those that are known, of one machine, since a time", async () => {
  const { directory, ask } = await runningDaemon({ "m.yaml": yaml("m"), "n.yaml": yaml("n") });
  for (const name of ["m", "n"]) await ask("POST", `/v1/machines/${name}/transition`, { transition: "go" });
  const all = await runProgram({ directory }, "events");
  expect(all.stdout).toMatch(/^\[.*\] m: go, A to B by local user on \S+$/m);
  const one = await runProgram({ directory }, "events", "n", "--json");
  const machines = one.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line).data.machine);
  expect(new Set(machines)).toEqual(new Set(["n"]));
  expect((await runProgram({ directory }, "events", "--since", "2999-01-01")).stdout).toBe("");
  expect(await runProgram({ directory }, "events", "--since", "soon")).toMatchObject({ status: 2 });
});

it.each([
  ["events", ["events", "m", "--follow", "--json", "--since", "1h"], '"transition":"go"'],
  ["show", ["show", "m", "--watch"], "State: B"],
])("%s goes on until it is stopped", async (_, argv, expected) => {
  const { directory, ask } = await runningDaemon();
  const child = startProgram({ directory }, argv);
  const exited = new Promise((resolve) => child.once("close", resolve));
  let said = "";
  for await (const chunk of child.stdout.iterator({ destroyOnReturn: false })) {
    if (said === "") await ask("POST", "/v1/machines/m/transition", { transition: "go" });
    said += chunk;
    if (said.includes(expected)) break;
  }
  expect(said).toContain(expected);
  child.stdout.resume();
  child.kill("SIGINT");
  expect(await exited).toBe(0);
});

it("token new prints a token and the line that knows it", async () => {
  const { directory } = await runningDaemon();
  const { stdout, stderr } = await runProgram(
    { directory },
    "token",
    "new",
    "ci",
    "--scopes",
    "read,transition",
  );
  const token = stdout.trim();
  expect(token).toMatch(/^mch_/);
  expect(stderr).toContain(`- {"name":"ci","hash":"${hashOfToken(token)}","scopes":["read","transition"]}`);
  const wrong = await runProgram({ directory }, "token", "new", "ci", "--scopes", "reed");
  expect(wrong).toMatchObject({ status: 2, stderr: expect.stringContaining("Did you mean read?") });
});
