/** `run-hook`: the command of a watcher, beside the same command as the daemon runs it. */
import { chmod, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { runningDaemon } from "../../http/surfaces.ts";
import { runProgram } from "../program.ts";

const machine = `
name: hooks
version: 1.0.0
initial_state: IDLE
transitions:
  - { name: work, from: [IDLE], destination: WORK }
  - { name: done, from: [WORK], destination: DONE }
watchers:
  - name: show
    type: exec
    interval: 1h
    state_match: [WORK]
    success_transition: done
    properties:
      command: ./show.sh "a b" {{ lookup "data.color" "" }}
      timeout: 1m
      environment: ['COLOR={{ lookup "data.color" "" }}']
  - { name: slow, type: exec, state_match: [DONE], properties: { command: sleep 60, timeout: 1s } }
  - { name: seen, type: kv, properties: { bucket: B, key: k } }
`;

const script = `#!/bin/sh
pwd
env | sort | grep -v -e '^WATCHER_' -e '^MACHINE_RUN_ID=' -e '^MACHINIST_COMMAND=' -e '^_=' -e '^PWD=' -e '^OLDPWD=' -e '^SHLVL='
cat "$WATCHER_DATA"
echo
printf '%s\\n' "$@"
`;

async function prepared(extra = "timeout: 1m") {
  const text = machine.replace("timeout: 1m", extra);
  const files = { "hooks/machine.yaml": text, "hooks/show.sh": script };
  const running = await runningDaemon(files, "exec: { environment: { PATH: /usr/bin:/bin } }");
  await chmod(join(running.directory, "machines/hooks/show.sh"), 0o755);
  await running.ask("PUT", "/v1/machines/hooks/data/color", { value: "red; x" });
  const run = (...argv: string[]) =>
    runProgram(
      { directory: running.directory, environment: { ELSEWHERE: "1" } },
      "run-hook",
      "hooks",
      ...argv,
    );
  return { ...running, run };
}

it("runs in the directory, with the environment, the data and the words that the daemon gives", async () => {
  const { run, ask, directory } = await prepared();
  const byHand = await run("show");
  expect(byHand).toMatchObject({ status: 0, stderr: "" });
  expect(byHand.stdout).toMatch(/^COLOR=red; x$/m);
  expect(byHand.stdout).toMatch(/^MACHINE_NAME=hooks$/m);
  expect(byHand.stdout).not.toContain("ELSEWHERE");
  expect(byHand.stdout.trimEnd().split("\n").slice(-3)).toEqual(['{"color":"red; x"}', "a b", "red; x"]);
  const { body } = await ask("GET", "/v1/machines/hooks");
  expect(body).toMatchObject({ state: "IDLE", last: null });
  // The same command, run by the daemon.
  const redirected = script.replace("#!/bin/sh\n", `#!/bin/sh\nexec > '${join(directory, "daemon.out")}'\n`);
  await writeFile(join(directory, "machines/hooks/show.sh"), redirected);
  await ask("POST", "/v1/machines/hooks/transition", { transition: "work" });
  const waited = await runProgram({ directory }, "wait", "hooks", "--state", "DONE", "--timeout", "60s");
  expect(waited.status).toBe(0);
  expect(await readFile(join(directory, "daemon.out"), "utf8")).toBe(byHand.stdout);
});

it("--dry-run prints it, and runs nothing", async () => {
  const { run, directory } = await prepared();
  const { stdout, status } = await run("show", "--dry-run");
  expect(status).toBe(0);
  const lines = stdout.trimEnd().split("\n");
  expect(lines[0]).toBe(`cd ${join(directory, "machines/hooks")}`);
  expect(lines.at(-1)).toBe("./show.sh 'a b' 'red; x'");
  expect(lines).toContain("COLOR='red; x'");
  expect(lines).toContain("WATCHER_DATA= # the path of a file with 18 bytes");
  const json = JSON.parse((await run("show", "--dry-run", "--json")).stdout);
  expect(json).toMatchObject({
    argv: ["./show.sh", "a b", "red; x"],
    directory: join(directory, "machines/hooks"),
    environment: { COLOR: "red; x", MACHINE_WATCHER_NAME: "show" },
    files: { WATCHER_DATA: '{"color":"red; x"}' },
  });
});

it("enters no governor", async () => {
  const { run } = await prepared("governor: nobody-made-it");
  expect(await run("show")).toMatchObject({ status: 0 });
});

it("is stopped at its timeout; what has no command is refused", async () => {
  const { run } = await prepared();
  expect(await run("slow")).toMatchObject({
    status: 5,
    stderr: "machinist: the command was stopped after 1s, its timeout\n",
  });
  expect(await run("seen")).toMatchObject({
    status: 2,
    stderr: "machinist: watcher seen of machine hooks runs no command: its type is kv\n",
  });
  expect(await run("none")).toMatchObject({
    status: 2,
    stderr: expect.stringContaining("it has show, slow, seen"),
  });
});
