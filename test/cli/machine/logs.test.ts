/** `machinist logs` as a person uses it: with a daemon, after its end, and after it was killed. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { concludeRun } from "../../../src/exec/output/meta.ts";
import { helperOf, startDaemonProcess } from "../../end-to-end/kill/daemon-process.ts";
import { runProgram, startProgram } from "../program.ts";

const machine = `
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
    properties: { command: "sh -c 'echo begun; read line < $MACHINE_WORK_DIR/gate; echo $line; test $line = good'", timeout: 1m }
`;

class Host {
  readonly directory = mkdtempSync(join(tmpdir(), "machinist-logs-"));
  readonly #gate: string;

  constructor() {
    onTestFinished(() => rmSync(this.directory, { recursive: true, force: true }));
    mkdirSync(join(this.directory, "machines"));
    writeFileSync(join(this.directory, "machines/m.yaml"), machine);
    const work = join(this.directory, ".machinist/work/m");
    mkdirSync(work, { recursive: true });
    this.#gate = join(work, "gate");
    execFileSync("mkfifo", [this.#gate]);
  }

  async start() {
    const daemon = startDaemonProcess({
      dropDirectory: join(this.directory, "machines"),
      dataDirectory: join(this.directory, ".machinist"),
      workingDirectory: this.directory,
    });
    await daemon.greeted;
    return daemon;
  }

  run(...argv: string[]) {
    return runProgram({ directory: this.directory }, ...argv);
  }

  /** Resolves when run `number` has begun to print. */
  async begun(number: number): Promise<void> {
    const file = join(this.directory, `.machinist/logs/m/build/${number}.log`);
    while (!(statSync(file, { throwIfNoEntry: false })?.size ?? 0)) await new Promise(setImmediate);
  }

  /** Lets the command end. */
  say(word: string): void {
    writeFileSync(this.#gate, `${word}\n`);
  }
}

it("logs shows runs that ended and one that runs, also after the daemon has stopped", async () => {
  const host = new Host();
  const daemon = await host.start();
  await host.run("transition", "m", "go");
  await host.begun(1);
  expect((await host.run("logs", "m")).stdout).toMatch(/^== m build run 1, [\d :-]+: running ==\nbegun\n$/);
  host.say("bad");
  await host.run("wait", "m", "--state", "A", "--timeout", "1m");
  await host.run("transition", "m", "go");
  await host.begun(2);
  host.say("good");
  await host.run("wait", "m", "--state", "A", "--timeout", "1m");
  daemon.kill("SIGTERM");
  await daemon.ended;
  const all = await host.run("logs", "m", "build");
  const line = String.raw`== m build run N, [\d :-]+: exit status S after [\dms.]+, O, back: B to A ==\n`;
  const first = line.replace("N", "1").replace("S", "1").replace("O", "error");
  const second = line.replace("N", "2").replace("S", "0").replace("O", "success");
  expect(all.stdout).toMatch(new RegExp(`^${first}begun\nbad\n${second}begun\ngood\n$`));
  const one = await host.run("logs", "m", "--run", "2");
  expect(one.stdout).toBe("begun\ngood\n");
  expect(one.stderr).toMatch(/^== m build run 2, /);
  const listed = JSON.parse((await host.run("logs", "m", "--json")).stdout);
  expect(listed).toMatchObject([
    { run: 1, status: "exited", exitCode: 1, outcome: "error", transition: "back", output: "begun\nbad\n" },
    {
      run: 2,
      status: "exited",
      exitCode: 0,
      outcome: "success",
      transition: "back",
      output: "begun\ngood\n",
    },
  ]);
  expect((await host.run("logs", "m", "--run", listed[0].id)).stdout).toBe("begun\nbad\n");
  expect(await host.run("logs", "m", "--since", "2100-01-01")).toMatchObject({ status: 3, stdout: "" });
  const none = await host.run("logs", "n");
  expect(none.status).toBe(3);
  expect(none.stderr).toContain(`${join(host.directory, ".machinist")} has no runs of n`);
});

it("logs --follow prints what comes, and each run's end", async () => {
  const host = new Host();
  const daemon = await host.start();
  const following = startProgram({ directory: host.directory }, ["logs", "m", "--follow"]);
  onTestFinished(() => void following.kill("SIGKILL"));
  let shown = "";
  const shows = (pattern: RegExp) =>
    new Promise<void>((resolve) => {
      const check = (): void => void (pattern.test(shown) && resolve());
      following.stdout.on("data", check);
      check();
    });
  following.stdout.on("data", (chunk: Buffer) => {
    shown += chunk.toString("utf8");
  });
  await host.run("transition", "m", "go");
  await shows(/run 1, .*: running ==\nbegun\n/);
  host.say("good");
  await shows(/good\n/);
  await shows(/run 1, .*: exit status 0 .* back: B to A ==/);
  following.kill("SIGINT");
  await new Promise((resolve) => following.once("close", resolve));
  daemon.kill("SIGTERM");
  await daemon.ended;
});

it("a run whose daemon and helper were killed is lost, and its output is there", async () => {
  const host = new Host();
  const daemon = await host.start();
  await host.run("transition", "m", "go");
  await host.begun(1);
  const [{ id }] = JSON.parse((await host.run("logs", "m", "--json")).stdout);
  // The helper first: it would stop the command when its daemon is gone.
  process.kill(helperOf(daemon.pid) ?? 0, "SIGKILL");
  daemon.kill("SIGKILL");
  await daemon.ended;
  expect(JSON.parse((await host.run("logs", "m", "--json")).stdout)).toMatchObject([
    { run: 1, id, status: "lost", output: "begun\n" },
  ]);
  const second = await host.start();
  await host.begun(2);
  host.say("good");
  await host.run("wait", "m", "--state", "A", "--timeout", "1m");
  expect(JSON.parse((await host.run("logs", "m", "--json")).stdout)).toMatchObject([
    { run: 1, id, status: "lost" },
    { run: 2, id, status: "exited", transition: "back" },
  ]);
  second.kill("SIGTERM");
  await second.ended;
});

it("notes about a run whose files were removed are dropped", async () => {
  const host = new Host();
  concludeRun(join(host.directory, ".machinist"), { owner: "m", part: "build" }, 1, { outcome: "success" });
  expect((await host.run("logs", "m")).status).toBe(3);
});
