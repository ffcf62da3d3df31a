/** `run --ephemeral` as a process, and what is left of it. */
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, it, onTestFinished } from "vitest";
import { runProgram, startProgram } from "../program.ts";

const machine = `
name: deploy
version: 1.0.0
initial_state: IDLE
transitions: [{ name: go, from: [IDLE], destination: DONE }]
watchers:
  - name: wanted
    type: expression
    state_match: [IDLE]
    success_transition: go
    properties: { success_when: 'data.version == "1.2" and get_fact("role") == "web"' }
`;

async function layOut(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "machinist-try-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  await mkdir(join(directory, "machines"));
  await mkdir(join(directory, "tmp"));
  await writeFile(join(directory, "machines", "deploy.yaml"), machine);
  await writeFile(join(directory, "facts.yaml"), "role: web\n");
  await writeFile(join(directory, "data.yaml"), 'deploy: { version: "1.2" }\nother: { a: 1 }\n');
  await writeFile(join(directory, "machinist.yaml"), "store: nats://127.0.0.1:1\n");
  return directory;
}

it("run --ephemeral: begins with the given data and facts, touches no other store, and leaves nothing", async () => {
  const directory = await layOut();
  const before = (await readdir(directory)).sort();
  const environment = { TMPDIR: join(directory, "tmp"), MACHINIST_STORE: "nats://127.0.0.1:1" };
  const child = startProgram({ directory, environment }, [
    ...["run", "--ephemeral", "--facts", "facts.yaml", "--set-data", "data.yaml", "--log-format", "json"],
  ]);
  const logged = text(child.stderr);
  const data = await new Promise<string>((resolve, reject) => {
    let greeting = "";
    child.stdout.setEncoding("utf8").on("data", (piece: string) => {
      greeting += piece;
      const found = /data in (.*)\)/.exec(greeting)?.[1];
      if (found && greeting.includes("Ctrl-C")) resolve(join(directory, found));
    });
    child.once("exit", () => reject(new Error("the daemon ended before it greeted")));
  });
  expect(data).toMatch(/tmp\/machinist-ephemeral-/);
  const run = (...argv: string[]) => runProgram({ directory }, ...argv, "--data", data);
  expect(await run("wait", "deploy", "--state", "DONE", "--timeout", "30s")).toMatchObject({ status: 0 });
  const store = ["--store", `lmdb:${join(data, "store")}`];
  expect(await run("kv", "add", "CFG", ...store)).toMatchObject({ status: 0 });
  child.kill("SIGTERM");
  const ended = await logged;
  expect(ended).toContain("there is data for a machine that does not exist");
  expect(ended).not.toContain("nats");
  expect(existsSync(data)).toBe(false);
  expect(await readdir(join(directory, "tmp"))).toEqual([]);
  expect((await readdir(directory)).sort()).toEqual(before);
});

it("run --set-data: only with --ephemeral, and only with an object for each machine", async () => {
  const directory = await layOut();
  expect(await runProgram({ directory }, "run", "--set-data", "data.yaml")).toMatchObject({
    status: 2,
    stderr: expect.stringContaining("--set-data needs --ephemeral"),
  });
  await writeFile(join(directory, "data.yaml"), "deploy: 3\n");
  const environment = { TMPDIR: join(directory, "tmp") };
  const wrong = await runProgram({ directory, environment }, "run", "--ephemeral", "--set-data", "data.yaml");
  expect(wrong).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('the data of "deploy" is not an object; expected machines with items'),
  });
  const missing = await runProgram(
    { directory, environment },
    "run",
    "--ephemeral",
    "--set-data",
    "none.yaml",
  );
  expect(missing).toMatchObject({ status: 3, stderr: expect.stringContaining("none.yaml") });
  expect(await readdir(join(directory, "tmp"))).toEqual([]);
});
