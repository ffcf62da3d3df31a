import { execFileSync } from "node:child_process";
import { chmod, mkdir, mkdtemp, readFile, realpath, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { PropertyFault } from "../../src/definition/shape.ts";
import type { CommandEnd } from "../../src/exec/command.ts";
import { type HelperRunner, startCommandRunner } from "../../src/exec/helper-runner.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { MachinistError } from "../../src/lib/errors.ts";
import { silentLogger } from "../../src/lib/logger.ts";
import { exec } from "../../watchers/exec.ts";
import { accepts, faultsOf, PlayedWatcher, RecordingRunner, type Surroundings } from "./harness.ts";

describe("exec: properties", () => {
  it("accepts the documented examples", () => {
    for (const properties of [
      { command: "./deploy.sh", timeout: "1m" },
      { command: "./a", environment: ["REGION=eu", 'OWNER={{ lookup "data.owner" "ops" }}', "EMPTY="] },
      { command: "./a", parse_as_data: true, suppress_success_announce: true, gather_initial_state: true },
      { command: "./a", disown: true, timeout: "0" },
      { command: "./a", governor: 'deploys_{{ lookup "facts.location" "all" }}', governor_timeout: "1m" },
      { command: "./a", governor: "", governor_timeout: "5m" },
    ]) {
      expect(accepts(exec, properties), JSON.stringify(properties)).toBe(true);
      expect(faultsOf(exec, properties), JSON.stringify(properties)).toEqual([]);
    }
  });

  it("C49: refuses no command, an empty one, bare numbers and unknown keys", () => {
    for (const properties of [
      {},
      { command: "" },
      { command: "a", timeout: 10 },
      { command: "a", timout: "10s" },
    ]) {
      expect(accepts(exec, properties), JSON.stringify(properties)).toBe(false);
    }
  });

  const faulty: [string, object, PropertyFault["path"], string][] = [
    ["C49: only white space", { command: "  " }, ["properties", "command"], "empty"],
    ["an open quote", { command: "echo 'x" }, ["properties", "command"], "quote"],
    ["a broken template", { command: "echo {{ lookup }" }, ["properties", "command"], ""],
    [
      "C49: disown with parse_as_data",
      { command: "a", disown: true, parse_as_data: true },
      ["properties", "disown"],
      "parse_as_data",
    ],
    [
      "a broken template in a variable",
      { command: "a", environment: ["A=1", "B={{ nope"] },
      ["properties", "environment", 1],
      "",
    ],
    ...["NOVALUE", "=x", "A B=x", "1A=x"].map((entry): [string, object, PropertyFault["path"], string] => [
      `the variable ${entry}`,
      { command: "a", environment: ["A=", entry] },
      ["properties", "environment", 1],
      "NAME=VALUE",
    ]),
    [
      "a broken template in the governor's name",
      { command: "a", governor: "{{ lookup }" },
      ["properties", "governor"],
      "",
    ],
  ];
  it.each(faulty)("%s is a fault at its place", (_name, properties, path, words) => {
    const faults = faultsOf(exec, properties);
    expect(faults.map((fault) => fault.path)).toEqual([path]);
    expect(faults[0]?.message).toContain(words);
    expect(faults[0]?.severity).toBeUndefined();
  });
});

describe("exec: when it looks", () => {
  const policy = (properties: object, intervalMs?: number) =>
    exec.policy(exec.read({ command: "a", ...properties }), intervalMs);

  it("C39: with an interval the first run comes after it", () => {
    expect(policy({}, 2_000)).toEqual({ start: "after-interval", entry: "at-once", intervalMs: 2_000 });
  });

  it("C40: without an interval it never runs but on a change of state", () => {
    expect(policy({})).toEqual({ start: "after-interval", entry: "at-once", intervalMs: undefined });
    expect(policy({}, 0).intervalMs).toBeUndefined();
  });

  it("C41: entering a state runs at once, however long the interval", () => {
    expect(policy({}, 3_600_000).entry).toBe("at-once");
  });

  it("C43: gather_initial_state runs within 30s", () => {
    expect(policy({ gather_initial_state: true }, 3_600_000).start).toEqual({ withinMs: 30_000 });
  });

  it("C49: the shortest interval is 500ms", () => {
    expect(exec.minimumIntervalMs).toBe(500);
    expect(exec.initialOutcome).toBe("unknown");
  });
});

describe("exec: what it asks for", () => {
  let workDirectory: string;
  beforeEach(async () => {
    workDirectory = join(await mkdtemp(join(tmpdir(), "machinist-exec-")), "work", "deploy");
  });
  afterEach(() => rm(join(workDirectory, "..", ".."), { recursive: true, force: true }));

  const play = (properties: object, surroundings: Surroundings = {}, runner = new RecordingRunner()) => ({
    runner,
    played: new PlayedWatcher(exec, properties, {
      commands: runner,
      machine: { workDirectory, directory: "/machines/deploy" },
      ...surroundings,
    }),
  });

  it("C44: environment, files, directory and run id of the request", async () => {
    const { played, runner } = play(
      { command: "./a", environment: ["REGION=eu=1", 'OWNER={{ lookup "data.owner" "ops" }}'] },
      { data: { owner: "ann", n: 1 }, facts: () => ({ location: "fra" }), watcher: "run" },
    );
    await played.look("entered");
    expect(runner.requests).toEqual([
      {
        argv: ["./a"],
        directory: "/machines/deploy",
        environment: {
          MACHINE_NAME: "deploy",
          MACHINE_WATCHER_NAME: "run",
          MACHINE_WORK_DIR: workDirectory,
          PATH: "/usr/bin:/bin:/machines/deploy",
          REGION: "eu=1",
          OWNER: "ann",
        },
        files: { WATCHER_DATA: '{"owner":"ann","n":1}', WATCHER_FACTS: '{"location":"fra"}' },
        timeoutMs: 10_000,
        disown: false,
        runId: "instance-1.run.0.0",
        readsStdout: false,
        log: { owner: "deploy", part: "run" },
      },
    ]);
    expect((await stat(workDirectory)).mode & 0o777).toBe(0o700);
  });

  it("C44: the machine's directory alone when there is no PATH, and a PATH of its own wins", async () => {
    const bare = Object.assign(new RecordingRunner(), { baseEnvironment: {} });
    await play({ command: "a" }, {}, bare).played.look();
    expect(bare.requests[0]?.environment["PATH"]).toBe("/machines/deploy");
    const { played, runner } = play({ command: "a", environment: ["PATH=/opt"] });
    await played.look();
    expect(runner.requests[0]?.environment["PATH"]).toBe("/opt");
  });

  it("C45: templates render afresh at each run, within their word", async () => {
    const command =
      'show {{ lookup "data.absent" "none" }} {{ lookup "facts.location" "d" | ToUpper }} --x={{ lookup "data.x" 2 }} "{{ lookup "data.words" "" }}"';
    const { played, runner } = play({ command }, { facts: () => ({ location: "fra" }) });
    await played.look();
    played.kept.data = { x: 7, words: 'two words; rm "-rf" $HOME' };
    await played.look();
    expect(runner.requests.map(({ argv }) => argv)).toEqual([
      ["show", "none", "FRA", "--x=2", ""],
      ["show", "none", "FRA", "--x=7", 'two words; rm "-rf" $HOME'],
    ]);
  });

  it("C46: no timeout, and 0, are 10s; others are as written", async () => {
    for (const [timeout, expected] of [
      [undefined, 10_000],
      ["0", 10_000],
      ["0s", 10_000],
      ["1m30s", 90_000],
    ] as const) {
      const { played, runner } = play({ command: "a", ...(timeout === undefined ? {} : { timeout }) });
      await played.look();
      expect(runner.requests[0]?.timeoutMs).toBe(expected);
    }
  });

  it("C47: suppress_success_announce silences success only", async () => {
    const { played, runner } = play({ command: "a", suppress_success_announce: true });
    expect(await played.look()).toMatchObject({ outcome: "success", fire: "success", announce: false });
    runner.answer = { end: { how: "exited", code: 3 } };
    expect(await played.look()).toMatchObject({ outcome: "error", fire: "fail", announce: true });
  });

  it("C50: the fields of its event", async () => {
    const { played, runner } = play({ command: 'a {{ lookup "data.x" "" }}' });
    runner.answer = { durationMs: 1500, output: "text" };
    expect(await played.look()).toEqual({
      outcome: "success",
      fire: "success",
      announce: true,
      output: "text",
      completedRun: true,
      detail: {
        command: 'a {{ lookup "data.x" "" }}',
        previous_outcome: "success",
        previous_run_time: 1_500_000_000,
      },
    });
  });

  const ends: [CommandEnd, boolean][] = [
    [{ how: "exited", code: 3 }, true],
    [{ how: "signalled", signal: "SIGSEGV" }, true],
    [{ how: "timed-out", afterMs: 10_000 }, true],
    [{ how: "not-started", reason: "there is no program" }, false],
  ];
  it.each(ends)("%j is an error that fires fail; a run completed: %s", async (end, completedRun) => {
    const { played } = play({ command: "a" }, {}, new RecordingRunner({ end, output: "last words" }));
    expect(await played.look()).toMatchObject({
      outcome: "error",
      fire: "fail",
      announce: true,
      completedRun,
      output: "last words",
      error: expect.stringContaining("command `a`: "),
    });
  });

  it("a stopped run fires nothing, announces nothing, and keeps its id", async () => {
    const { played } = play({ command: "a" }, {}, new RecordingRunner({ end: { how: "stopped" } }));
    expect(await played.look()).toEqual({
      outcome: "skipped",
      detail: { command: "a", previous_outcome: "skipped", previous_run_time: 0 },
    });
  });

  it("a run repeated after a crash has the same id, the next one another", async () => {
    const { played, runner } = play({ command: "a" });
    await played.peek("entered");
    played.restart();
    await played.look("resume");
    await played.look("interval");
    expect(runner.requests.map(({ runId }) => runId)).toEqual(
      [0, 0, 1].map((run) => `instance-1.w.0.${run}`),
    );
  });

  it("a run that a crash cut off is not repeated once the machine has moved on: what runs there has another id", async () => {
    const { played, runner } = play({ command: "a" });
    await played.peek("entered");
    played.restart();
    played.visit += 1;
    await played.look("resume");
    expect(runner.requests.map(({ runId }) => runId)).toEqual(["instance-1.w.0.0", "instance-1.w.1.0"]);
  });

  it("a lost run is repeated at once under its id, and fires what the repeat comes to", async () => {
    const { played, runner } = play({ command: "a" });
    runner.next.push({ end: { how: "lost" } }, { end: { how: "lost" } });
    expect(await played.look()).toMatchObject({ outcome: "success", fire: "success", completedRun: true });
    await played.look();
    expect(runner.requests.map(({ runId }) => runId)).toEqual(
      [0, 0, 0, 1].map((run) => `instance-1.w.0.${run}`),
    );
  });

  it("a lost run is not repeated once its watcher is no longer active; it fires nothing", async () => {
    const { played, runner } = play({ command: "a" });
    runner.next.push({ end: { how: "lost" } });
    played.leaving.abort();
    expect(await played.look()).toMatchObject({ outcome: "skipped" });
    expect(runner.requests).toHaveLength(1);
  });

  it("a lost run that was disowned is an error and not repeated, because it may go on", async () => {
    const { played, runner } = play({ command: "a", disown: true });
    runner.next.push({ end: { how: "lost" } });
    expect(await played.look()).toMatchObject({ outcome: "error", fire: "fail", completedRun: false });
    expect(runner.requests).toHaveLength(1);
  });

  it("a template that cannot be rendered, and facts that cannot be read, are errors without a run", async () => {
    const { played, runner } = play(
      { command: 'a {{ lookup "data.x" "" | Base64Decode }}' },
      { data: { x: "%%%" } },
    );
    const observation = await played.look();
    expect(observation).toMatchObject({ outcome: "error", fire: "fail", announce: true });
    expect(observation.completedRun).toBeUndefined();
    expect(observation.error).not.toContain("%%%");
    const unreadable = play(
      { command: "a" },
      {
        facts: () => {
          throw new Error("facts.json is no JSON");
        },
      },
    );
    expect((await unreadable.played.look()).error).toContain("facts.json is no JSON");
    expect([...runner.requests, ...unreadable.runner.requests]).toEqual([]);
  });

  it("C48: parse_as_data puts each top-level item, and keeps the others", async () => {
    const { played, runner } = play({ command: "a", parse_as_data: true }, { data: { old: 1, a: 0 } });
    runner.answer = { stdout: ' {"a":1,"b":{"c":2},"n":null}\n' };
    expect(await played.look()).toMatchObject({ outcome: "success", fire: "success" });
    expect(played.data).toEqual({ old: 1, a: 1, b: { c: 2 }, n: null });
  });

  it.each([
    ["[1]", "a JSON list"],
    ["secret", "no JSON"],
    ['{"a":secret}', "no JSON"],
    ['{"a":1}{"secret":2}', "no JSON"],
    ['"secret"', "a single JSON value"],
    ["null", "a single JSON value"],
    ["", "printed nothing"],
    [" \n", "printed nothing"],
  ])("C48: output %j is an error that does not quote it", async (stdout, words) => {
    const { played } = play({ command: "a", parse_as_data: true }, {}, new RecordingRunner({ stdout }));
    const observation = await played.look();
    expect(observation).toMatchObject({ outcome: "error", fire: "fail", completedRun: true });
    expect(observation.patch).toBeUndefined();
    expect(observation.error).toContain(words);
    expect(observation.error).not.toContain("secret");
  });

  it("C48: output that was cut off, or of a run that failed, is no data", async () => {
    const cut = play(
      { command: "a", parse_as_data: true },
      {},
      new RecordingRunner({ stdout: "{}", stdoutComplete: false }),
    );
    expect((await cut.played.look()).error).toContain("1 MiB");
    const failed = new RecordingRunner({ stdout: '{"a":1}', end: { how: "exited", code: 1 } });
    const { played } = play({ command: "a", parse_as_data: true }, {}, failed);
    expect(await played.look()).toMatchObject({ outcome: "error" });
    expect(played.data).toEqual({});
  });
});

describe("exec: real commands", () => {
  let root: string;
  let machine: { directory: string; workDirectory: string };
  let commands: HelperRunner;

  beforeAll(async () => {
    root = await realpath(await mkdtemp(join(tmpdir(), "machinist-exec-")));
    machine = { directory: join(root, "machine"), workDirectory: join(root, "work") };
    await mkdir(machine.directory);
    await mkdir(join(root, "data"));
    commands = await startCommandRunner({
      directory: join(root, "data"),
      baseEnvironment: { PATH: "/usr/bin:/bin", LANG: "C.UTF-8" },
      clock: systemClock,
      log: silentLogger,
    });
  });
  afterAll(async () => {
    await commands.stop({ drainMs: 0 });
    await rm(root, { recursive: true, force: true });
  });

  const script = async (name: string, text: string): Promise<void> => {
    await writeFile(join(machine.directory, name), `#!/bin/sh\n${text}\n`);
    await chmod(join(machine.directory, name), 0o755);
  };

  /** Reading one waits for its writer, and the other way round: no sleeps. */
  const fifo = (name: string): string => {
    const path = join(root, name);
    execFileSync("sh", ["-c", 'mkfifo "$0"', path]);
    return path;
  };

  it("C44: the child sees these variables and no others, in the machine's directory", async () => {
    const played = new PlayedWatcher(
      exec,
      { command: "/usr/bin/env", environment: ["OWN=x"] },
      { commands, machine },
    );
    const { output, outcome } = await played.look();
    const variables = new Map(
      (output ?? "")
        .trim()
        .split("\n")
        .map((line) => {
          const [name = "", ...value] = line.split("=");
          return [name, value.join("=")];
        }),
    );
    expect(outcome).toBe("success");
    expect(Object.fromEntries(variables)).toMatchObject({
      MACHINE_NAME: "deploy",
      MACHINE_WATCHER_NAME: "w",
      MACHINE_WORK_DIR: machine.workDirectory,
      MACHINE_RUN_ID: "instance-1.w.0.0",
      PATH: `/usr/bin:/bin:${machine.directory}`,
      LANG: "C.UTF-8",
      OWN: "x",
    });
    // Besides these only the mark by which the runner finds what a killed helper left behind.
    const named = [
      "MACHINE_NAME",
      "MACHINE_WATCHER_NAME",
      "MACHINE_WORK_DIR",
      "MACHINE_RUN_ID",
      "PATH",
      "LANG",
      "OWN",
    ];
    const others = [...variables.keys()].filter((name) => !named.includes(name)).sort();
    expect(others.filter((name) => !name.startsWith("MACHINIST_"))).toEqual([
      "WATCHER_DATA",
      "WATCHER_FACTS",
    ]);
    await expect(stat(variables.get("WATCHER_DATA") ?? "")).rejects.toMatchObject({ code: "ENOENT" });
    await expect(stat(variables.get("WATCHER_FACTS") ?? "")).rejects.toMatchObject({ code: "ENOENT" });
  });

  it("C44: a bare name is found in the machine's directory, and reads both files as JSON", async () => {
    await script(
      "show-files.sh",
      'pwd; cat "$WATCHER_DATA"; echo; cat "$WATCHER_FACTS"; stat -c "\n%a" "$WATCHER_DATA"',
    );
    const played = new PlayedWatcher(
      exec,
      { command: "show-files.sh" },
      { commands, machine, data: { a: [1] }, facts: () => ({ location: "fra" }) },
    );
    const { output } = await played.look();
    expect(output).toBe(`${machine.directory}\n{"a":[1]}\n{"location":"fra"}\n600\n`);
  });

  it("C46: a command that runs too long is stopped; error, fail", async () => {
    const played = new PlayedWatcher(exec, { command: "sleep 600", timeout: "100ms" }, { commands, machine });
    const observation = await played.look();
    expect(observation).toMatchObject({ outcome: "error", fire: "fail", completedRun: true });
    expect(observation.error).toContain("timed out");
  });

  it("C48: standard error is no data", async () => {
    await script("data.sh", `echo warning >&2; echo '{"a":1,"b":{"c":2}}'`);
    const played = new PlayedWatcher(
      exec,
      { command: "./data.sh", parse_as_data: true },
      { commands, machine },
    );
    expect(await played.look()).toMatchObject({ outcome: "success" });
    expect(played.data).toEqual({ a: 1, b: { c: 2 } });
  });

  it("a run that is aborted on its way fires nothing", async () => {
    const begun = fifo("begun");
    await script("until-stopped.sh", `echo yes > "${begun}"; exec sleep 600`);
    const abort = new AbortController();
    const played = new PlayedWatcher(exec, { command: "./until-stopped.sh" }, { commands, machine });
    const looking = played.look("entered", abort.signal);
    expect(await readFile(begun, "utf8")).toBe("yes\n");
    abort.abort();
    const observation = await looking;
    expect(observation.outcome).toBe("skipped");
    expect(observation.fire).toBeUndefined();
    expect(observation.announce).toBeUndefined();
    expect(played.kept.runs).toBe(0);
  });

  it("C85: a command whose slot is lost is stopped with all it started, and that is an error", async () => {
    const begun = fifo("governed-begun");
    await script("governed.sh", `echo yes > "${begun}"; sleep 600; exit 0`);
    const lost = new AbortController();
    let isFree = false;
    const governors = {
      enter: async () => ({
        lost: lost.signal,
        async [Symbol.asyncDispose]() {
          isFree = true;
        },
      }),
    };
    const properties = { command: "./governed.sh", governor: "deploys", timeout: "1h" };
    const played = new PlayedWatcher(exec, properties, { commands, machine, governors });
    const looking = played.look("entered");
    expect(await readFile(begun, "utf8")).toBe("yes\n");
    expect(isFree).toBe(false);
    lost.abort(new MachinistError("LEASE_LOST", "lost its slot of governor deploys"));
    expect(await looking).toMatchObject({
      outcome: "error",
      fire: "fail",
      error: "command `./governed.sh`: lost its slot of governor deploys",
    });
    expect(isFree).toBe(true);
    expect(played.kept.runs).toBe(0);
  });

  it("a disowned command outlives the abort, and the watcher does not wait for it", async () => {
    const [begun, go, done] = [fifo("disowned-begun"), fifo("go"), fifo("done")];
    await script("disowned.sh", `echo yes > "${begun}"; read line < "${go}"; echo "$line" > "${done}"`);
    const abort = new AbortController();
    const played = new PlayedWatcher(exec, { command: "./disowned.sh", disown: true }, { commands, machine });
    const looking = played.look("entered", abort.signal);
    expect(await readFile(begun, "utf8")).toBe("yes\n");
    abort.abort();
    expect(await looking).toMatchObject({ outcome: "skipped" });
    await writeFile(go, "still there\n");
    expect(await readFile(done, "utf8")).toBe("still there\n");
  });
});
