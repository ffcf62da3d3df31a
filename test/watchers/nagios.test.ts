import { chmod, mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { checkDefinition } from "../../src/definition/definition.ts";
import type { PropertyFault } from "../../src/definition/shape.ts";
import type { CommandEnd } from "../../src/exec/command.ts";
import { type HelperRunner, startCommandRunner } from "../../src/exec/helper-runner.ts";
import { openStore } from "../../src/kv/open.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { silentLogger } from "../../src/lib/logger.ts";
import { Machine } from "../../src/machine/machine.ts";
import type { Gauge } from "../../src/watching/gauge.ts";
import { registerWatcherTypes } from "../../src/watching/registry.ts";
import { nagios } from "../../watchers/nagios.ts";
import { definition, transition, watcher } from "../machine/definitions.ts";
import { testServices } from "../machine/services.ts";
import { SimulatedClock, settle } from "../simulated-clock.ts";
import { accepts, faultsOf, PlayedWatcher, RecordingRunner, type Surroundings } from "./harness.ts";

const regular = { intervalMs: 60_000 };

describe("nagios: properties", () => {
  it("accepts the documented examples", () => {
    for (const properties of [
      { plugin: "check_load -w 5 -c 10" },
      { plugin: 'check_load -w {{ o "load.warn" 5 }}', timeout: "5s", annotations: { a: "b" } },
      { builtin: "heartbeat" },
      { builtin: "machinist_status" },
      { builtin: "choria_status", last_message: "1h", pubcert_expire: "0s" },
    ]) {
      expect(accepts(nagios, properties), JSON.stringify(properties)).toBe(true);
      expect(faultsOf(nagios, properties, regular), JSON.stringify(properties)).toEqual([]);
    }
  });

  const path = ["properties", "builtin"];
  const severity = "warning" as const;
  const faulty: [string, object, PropertyFault][] = [
    [
      "C77: plugin and builtin",
      { plugin: "a", builtin: "heartbeat" },
      { path, message: "plugin and builtin exclude each other: one watcher makes one check; remove one" },
    ],
    [
      "C77: neither plugin nor builtin",
      {},
      {
        path: ["properties"],
        message:
          "there is nothing to check: write plugin, a command, or builtin, one of heartbeat, choria_status, machinist_status",
      },
    ],
    [
      "C77: goss without gossfile",
      { builtin: "goss" },
      { path, message: "builtin goss needs a gossfile: write its path as gossfile" },
    ],
    [
      "C77: goss, which machinist does not have",
      { builtin: "goss", gossfile: "/etc/goss.yaml" },
      {
        path,
        message:
          'machinist does not come with goss, so this check is always UNKNOWN; install goss and write plugin: "goss --gossfile FILE validate --format nagios"',
        severity,
      },
    ],
    [
      "C77: choria_status without last_message",
      { builtin: "choria_status", last_message: "0" },
      {
        path,
        message: "builtin choria_status needs last_message; write machinist_status to do without",
      },
    ],
    [
      "a builtin that is almost one",
      { builtin: "hartbeat" },
      { path, message: 'there is no builtin check "hartbeat", did you mean "heartbeat"?' },
    ],
    [
      "an unknown builtin",
      { builtin: "disk" },
      {
        path,
        message: 'there is no builtin check "disk"; there are heartbeat, choria_status, machinist_status',
      },
    ],
    [
      "an open quote",
      { plugin: "a 'b" },
      {
        path: ["properties", "plugin"],
        message: `command "a 'b" has a quote that is never closed`,
      },
    ],
    [
      "token_expire",
      { builtin: "machinist_status", token_expire: "24h" },
      {
        path: ["properties", "token_expire"],
        message: "token_expire is not checked: machinist's status check knows no certificate and no token",
        severity,
      },
    ],
  ];
  it.each(faulty)("%s is told of at its place", (_name, properties, fault) => {
    expect(faultsOf(nagios, properties, regular)).toEqual([fault]);
  });

  it("what it never fires, and that it never checks by itself, are warnings", () => {
    const common = { successTransition: "a", failTransition: "b" };
    const message = (name: string) =>
      `a nagios watcher fires OK, WARNING, CRITICAL or UNKNOWN, never ${name}; remove it`;
    expect(faultsOf(nagios, { builtin: "heartbeat" }, common)).toEqual([
      { path: ["success_transition"], message: message("success_transition"), severity },
      { path: ["fail_transition"], message: message("fail_transition"), severity },
      {
        path: ["name"],
        message: "without interval it checks only when the machine enters the state FORCE_CHECK",
        severity,
      },
    ]);
  });

  it("C77: the machine must define the transitions that it can fire", () => {
    const faultsWith = (names: readonly string[], properties: string) => {
      const transitions = names.map((name) => `  - { name: ${name}, from: [A], destination: B }`);
      const text = `name: m
version: 1.0.0
initial_state: A
transitions:
  - { name: back, from: [B], destination: A }
${transitions.join("\n")}
watchers:
  - { name: w, type: nagios, interval: 1m, properties: ${properties} }
`;
      const types = registerWatcherTypes([nagios]);
      return checkDefinition(Buffer.from(text), { file: "/m.yaml", types }).faults.map(
        ({ line, message }) => `${line}: ${message}`,
      );
    };
    expect(faultsWith(["OK", "WARNING", "CRITICAL", "UNKNOWN"], "{ plugin: a }")).toEqual([]);
    expect(faultsWith(["OK"], "{ builtin: heartbeat }")).toEqual([]);
    expect(faultsWith(["OK", "CRITICAL", "UNKNOWN"], "{ plugin: a }")).toEqual([
      '10: watcher "w" names the unknown transition "WARNING"; known transitions: back, OK, CRITICAL and UNKNOWN',
    ]);
  });

  it("C78: when it looks: the first check within the interval, and at once in FORCE_CHECK", () => {
    const properties = nagios.read({ builtin: "heartbeat" });
    expect(nagios.policy(properties, 60_000)).toEqual({
      start: { withinMs: 60_000 },
      entry: "on-schedule",
      intervalMs: 60_000,
      forcedIn: "FORCE_CHECK",
    });
    expect(nagios.policy(properties, undefined)).toEqual({
      start: "after-interval",
      entry: "on-schedule",
      intervalMs: undefined,
      forcedIn: "FORCE_CHECK",
    });
    expect(nagios.minimumIntervalMs).toBe(500);
    expect(nagios.initialOutcome).toBe("NOTCHECKED");
  });
});

describe("nagios: what it makes of a check", () => {
  let workDirectory: string;
  beforeEach(async () => {
    workDirectory = await mkdtemp(join(tmpdir(), "machinist-nagios-"));
  });
  afterEach(() => rm(workDirectory, { recursive: true }));

  function play(properties: object, surroundings: Surroundings = {}) {
    const runner = new RecordingRunner({ stdout: "fine | load=0.5;1;2\n" });
    const shown: (readonly Gauge[])[] = [];
    const clock = new SimulatedClock(1_750_000_000_900);
    const played = new PlayedWatcher(nagios, properties, {
      commands: runner,
      clock,
      machine: { workDirectory, directory: "/machines/deploy" },
      showGauges: (gauges) => shown.push(gauges),
      ...surroundings,
    });
    return { played, runner, shown, clock };
  }

  const exited = (code: number): CommandEnd => ({ how: "exited", code });
  const ends: [CommandEnd, string, string | undefined][] = [
    [exited(0), "OK", undefined],
    [exited(1), "WARNING", undefined],
    [exited(2), "CRITICAL", undefined],
    [exited(3), "UNKNOWN", undefined],
    [exited(4), "UNKNOWN", "exit status 4"],
    [exited(5), "UNKNOWN", "exit status 5"],
    [exited(127), "UNKNOWN", "exit status 127"],
    [{ how: "signalled", signal: "SIGSEGV" }, "UNKNOWN", "ended by SIGSEGV"],
    [{ how: "timed-out", afterMs: 10_000 }, "UNKNOWN", "timed out after 10s and was stopped"],
    [
      { how: "not-started", reason: "there is no program" },
      "UNKNOWN",
      "could not start: there is no program",
    ],
  ];
  it.each(ends)("C77: %j fires %s", async (end, status, error) => {
    const { played, runner } = play({ plugin: "check" });
    runner.answer = { ...runner.answer, end };
    const observation = await played.look();
    expect(observation).toMatchObject({
      outcome: status,
      fire: { transition: status },
      announce: true,
      output: "fine | load=0.5;1;2",
      completedRun: true,
      detail: { perfdata: error === undefined ? [{ label: "load" }] : [] },
    });
    expect(observation.error).toBe(error && `plugin \`check\`: ${error}`);
  });

  it("C77: a lost check is repeated at once under its id", async () => {
    const { played, runner } = play({ plugin: "check" });
    runner.next.push({ end: { how: "lost" } });
    expect(await played.look()).toMatchObject({ outcome: "OK", completedRun: true });
    expect(runner.requests.map(({ runId }) => runId)).toEqual(Array(2).fill("instance-1.w.0.0"));
  });

  it("C77: the fields of its event", async () => {
    const { played, runner } = play({ plugin: 'check -w {{ o "w" 5 }}', annotations: { team: "ops" } });
    runner.answer = { ...runner.answer, end: exited(1) };
    expect((await played.look()).detail).toEqual({
      plugin: 'check -w {{ o "w" 5 }}',
      status: "WARNING",
      status_code: 1,
      output: "fine | load=0.5;1;2",
      check_time: 1_750_000_000,
      perfdata: [{ unit: "", label: "load", value: 0.5 }],
      runtime: 0,
      history: [
        {
          execute: "2025-06-15T15:06:40.900Z",
          status: 1,
          perfdata: [{ unit: "", label: "load", value: 0.5 }],
        },
      ],
      annotations: { team: "ops" },
    });
  });

  it("the history has the last 15 checks, survives restarts and stays small", async () => {
    const { played, runner, clock } = play({ plugin: "check" });
    for (let at = 0; at < 20; at++) {
      runner.answer = { end: exited(at % 4), stdout: "" };
      await played.look();
      clock.leap(60_000);
      played.restart();
    }
    const many = Array.from({ length: 5_000 }, (_, at) => `a_long_label_${at}=${at}`).join(" ");
    runner.answer = { end: exited(0), stdout: `OK | ${many}` };
    const { detail } = await played.look();
    const history = detail?.["history"] as { execute: string; status: number; perfdata?: unknown[] }[];
    expect(history.map(({ status }) => status)).toEqual([2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0]);
    expect(history.at(0)?.execute).toBe("2025-06-15T15:12:40.900Z");
    expect(history.map(({ perfdata }) => perfdata?.length)).toEqual([
      ...Array.from({ length: 14 }, () => undefined),
      20,
    ]);
    for (let at = 0; at < 15; at++) await played.look();
    expect(JSON.stringify(played.kept.cursor).length).toBeLessThan(20_000);
  });

  it("a cursor that makes no sense begins a new history", async () => {
    for (const cursor of [1, null, {}, { history: 1 }]) {
      const { played } = play({ plugin: "check" });
      played.kept.cursor = cursor;
      expect((await played.look()).detail?.["history"]).toHaveLength(1);
    }
  });

  it("a stopped plugin says nothing", async () => {
    const { played, runner, shown } = play({ plugin: "check" });
    runner.answer = { end: { how: "stopped" } };
    expect(await played.look()).toEqual({ outcome: "SKIPPED" });
    expect(shown).toHaveLength(1);
  });

  it("shows standard error when the plugin printed nothing else", async () => {
    const { played, runner } = play({ plugin: "check" });
    runner.answer = { end: exited(2), stdout: " \n", output: "cannot connect\n" };
    expect(await played.look()).toMatchObject({ outcome: "CRITICAL", output: "cannot connect" });
    runner.answer = { end: exited(9), stdout: "", output: "" };
    expect((await played.look()).output).toBe("plugin `check`: exit status 9");
  });

  it("what a plugin could not tell has no perfdata, whatever its command line holds", async () => {
    const { played, runner } = play({ plugin: "check '|' a=1" });
    runner.answer = { end: exited(9), stdout: "" };
    expect((await played.look()).detail?.["perfdata"]).toEqual([]);
  });

  it("runs its plugin as exec does, with the overrides of its machine, never as more words", async () => {
    const plugin = 'check -w {{ o "load.warn" 5 }} -c {{ o "load.crit" 10 }} {{ lookup "facts.site" "" }}';
    let overrides = { deploy: { load: { warn: "1 & <2>" } }, other: { load: { crit: 1 } } };
    const { played, runner } = play(
      { plugin, timeout: "3s" },
      { overrides: () => overrides, facts: () => ({ site: "ams" }) },
    );
    await played.look();
    overrides = { ...overrides, deploy: { load: { warn: "7" } } };
    await played.look();
    expect(runner.requests[0]).toEqual({
      argv: ["check", "-w", "1 & <2>", "-c", "10", "ams"],
      directory: "/machines/deploy",
      environment: {
        MACHINE_NAME: "deploy",
        MACHINE_WATCHER_NAME: "w",
        MACHINE_WORK_DIR: workDirectory,
        PATH: "/usr/bin:/bin:/machines/deploy",
      },
      files: { WATCHER_DATA: "{}", WATCHER_FACTS: '{"site":"ams"}' },
      timeoutMs: 3_000,
      disown: false,
      runId: "instance-1.w.0.0",
      readsStdout: true,
      log: { owner: "deploy", part: "w" },
    });
    expect(runner.requests[1]).toMatchObject({ argv: ["check", "-w", "7", "-c", "10", "ams"] });
    expect(runner.requests[1]?.runId).toBe("instance-1.w.0.1");
  });

  it("overrides that cannot be read are UNKNOWN without a run", async () => {
    const { played, runner } = play(
      { plugin: "check" },
      {
        overrides: () => {
          throw new Error("overrides file /o.json cannot be read");
        },
      },
    );
    expect(await played.look()).toMatchObject({
      outcome: "UNKNOWN",
      fire: { transition: "UNKNOWN" },
      error: "plugin `check`: overrides file /o.json cannot be read",
    });
    expect(runner.requests).toEqual([]);
  });

  it("shows Choria's gauges: UNKNOWN before the first check, and no state but the four ever", async () => {
    const { played, runner, shown } = play({ plugin: "check" });
    const labels = { name: "deploy" };
    const started = {
      name: "choria_machine_nagios_start_time",
      help: "Time the Choria Machine subsystem started in unix seconds",
      labels: {},
      value: Math.floor(performance.timeOrigin / 1000),
    };
    const status = (name: string, value: number) => ({
      name: "choria_machine_nagios_watcher_status",
      help: "Choria Nagios Check Status",
      labels: { ...labels, status: name },
      value,
    });
    const checks = (value: number) => ({
      name: "choria_machine_nagios_watcher_checks_count",
      help: "Choria Nagios Check Count",
      labels,
      value,
    });
    const lastRun = {
      name: "choria_machine_nagios_watcher_last_run_seconds",
      help: "Choria Nagios Check Time",
      labels,
      value: 1_750_000_000,
    };
    expect(shown).toEqual([[started, status("UNKNOWN", 3), checks(0)]]);
    played.enter("maintenance");
    await played.look();
    runner.answer = { ...runner.answer, end: exited(2) };
    await played.look();
    expect(shown.slice(1)).toEqual([
      [started, status("OK", 0), checks(1), lastRun],
      [started, status("CRITICAL", 2), checks(2), lastRun],
    ]);
  });

  it("builtin heartbeat is OK and says when", async () => {
    expect(await play({ builtin: "heartbeat" }).played.look()).toMatchObject({
      outcome: "OK",
      output: "1750000000",
      detail: { plugin: "", status: "OK", perfdata: [] },
    });
  });

  it("builtin goss is UNKNOWN, and says why", async () => {
    expect(await play({ builtin: "goss", gossfile: "x" }).played.look()).toMatchObject({
      outcome: "UNKNOWN",
      error: "builtin goss: machinist does not come with it",
    });
  });

  it.each(["choria_status", "machinist_status"])(
    "builtin %s asks the store and reads the files",
    async (builtin) => {
      const store = await openStore(`lmdb:${join(workDirectory, "store")}`);
      onTestFinished(() => store.close());
      let broken = false;
      const facts = () => {
        if (broken) throw new Error("facts file /f.json cannot be read");
        return {};
      };
      let isOverridden = true;
      const overrides = () => {
        if (!isOverridden) throw new Error("overrides file /o.json cannot be read");
        return {};
      };
      const { played } = play({ builtin, last_message: "1h" }, { store, facts, overrides });
      const good = await played.look();
      expect(good).toMatchObject({ outcome: "OK", fire: { transition: "OK" } });
      expect(good.output).toMatch(
        /^OK: the daemon on host\.example runs and its store answers \| store=\d\.\d{3}s uptime=\d+s$/,
      );
      expect(good.detail?.["perfdata"]).toMatchObject([{ label: "store", unit: "s" }, { label: "uptime" }]);
      broken = true;
      expect(await played.look()).toMatchObject({
        outcome: "WARNING",
        output: "WARNING: facts file /f.json cannot be read",
      });
      broken = false;
      isOverridden = false;
      expect(await played.look()).toMatchObject({
        outcome: "WARNING",
        output: "WARNING: overrides file /o.json cannot be read",
      });
      await store.close();
      const closed = await played.look();
      expect(closed.outcome).toBe("CRITICAL");
      expect(closed.output).toMatch(/^CRITICAL: the store does not answer: .*closed/);
    },
  );
});

describe("nagios: in a machine", () => {
  const hour = 3_600_000;

  async function begin() {
    const clock = new SimulatedClock();
    const test = await testServices({ types: [nagios], clock, random: () => 0.5 });
    onTestFinished(() => test[Symbol.asyncDispose]());
    const properties = nagios.read({ builtin: "heartbeat" });
    const check = watcher("check", "nagios", { stateMatch: ["UP"], intervalMs: hour, properties });
    const transitions = [
      transition("FORCE", ["UP"], "FORCE_CHECK"),
      transition("REST", ["UP"], "RESTING"),
      transition("OK", ["UP", "FORCE_CHECK", "RESTING"], "UP"),
    ];
    const machine = await Machine.start(
      definition({ initialState: "UP", transitions, watchers: [check] }),
      test.services,
    );
    onTestFinished(() => machine.stop(0));
    const outcome = () => machine.watchers[0]?.outcome;
    /** What was found is committed and announced, and the next look is arranged. */
    const checked = async () => {
      await test.until(() => test.events.some(({ type }) => type.includes("nagios")));
      await settle();
    };
    return { machine, clock, outcome, checked };
  }

  it("C77: checks first at a random moment within the interval, then each interval", async () => {
    const { machine, clock, outcome, checked } = await begin();
    await clock.advance(hour / 2 - 1);
    expect(outcome()).toBe("NOTCHECKED");
    await clock.advance(1);
    await checked();
    expect(outcome()).toBe("OK");
    expect(machine.watchers[0]?.nextLookAt).toBe(clock.now() + hour);
    expect(machine.record.runs).toEqual({ check: 1 });
  });

  it("C78: entering FORCE_CHECK checks at once, though state_match leaves it out", async () => {
    const { machine, checked } = await begin();
    await machine.request("FORCE", "person");
    await checked();
    expect({ state: machine.state, runs: machine.record.runs }).toEqual({ state: "UP", runs: { check: 1 } });
  });

  it("C78: entering another state checks nothing", async () => {
    const { machine, outcome } = await begin();
    await machine.request("REST", "person");
    await machine.request("OK", "person");
    await settle();
    expect(outcome()).toBe("NOTCHECKED");
  });
});

describe("nagios: real plugins", () => {
  let root: string;
  let machine: { directory: string; workDirectory: string };
  let commands: HelperRunner;

  beforeAll(async () => {
    root = await realpath(await mkdtemp(join(tmpdir(), "machinist-nagios-")));
    machine = { directory: join(root, "machine"), workDirectory: join(root, "work") };
    await mkdir(machine.directory);
    await mkdir(join(root, "data"));
    commands = await startCommandRunner({
      directory: join(root, "data"),
      baseEnvironment: { PATH: "/usr/bin:/bin" },
      clock: systemClock,
      log: silentLogger,
    });
  });
  afterAll(async () => {
    await commands.stop({ drainMs: 0 });
    await rm(root, { recursive: true, force: true });
  });

  const check = async (script: string) => {
    await writeFile(join(machine.directory, "check.sh"), `#!/bin/sh\n${script}\n`);
    await chmod(join(machine.directory, "check.sh"), 0o755);
    return new PlayedWatcher(nagios, { plugin: "check.sh", timeout: "30s" }, { commands, machine }).look();
  };

  it("C77: exit status and output of a script", async () => {
    expect(await check("echo 'WARNING - hot | temp=90C;80;95'; exit 1")).toMatchObject({
      outcome: "WARNING",
      output: "WARNING - hot | temp=90C;80;95",
      detail: { perfdata: [{ label: "temp", value: 90, unit: "C" }] },
    });
    expect(await check("kill -9 $$")).toMatchObject({
      outcome: "UNKNOWN",
      error: "plugin `check.sh`: ended by SIGKILL",
    });
  });

  it("100 MB of output stay bounded", async () => {
    const observation = await check(`echo "OK | a=1"; yes "'junk a=b ='" | head -c 100000000; exit 2`);
    expect(observation.outcome).toBe("CRITICAL");
    expect(observation.detail?.["perfdata"]).toEqual([{ label: "a", value: 1, unit: "" }]);
    expect(JSON.stringify(observation).length).toBeLessThan(100_000);
  });
});
