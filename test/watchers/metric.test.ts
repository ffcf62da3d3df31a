import { chmod, mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import type { PropertyFault } from "../../src/definition/shape.ts";
import type { CommandEnd } from "../../src/exec/command.ts";
import { type HelperRunner, startCommandRunner } from "../../src/exec/helper-runner.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { silentLogger } from "../../src/lib/logger.ts";
import type { Gauge } from "../../src/watching/gauge.ts";
import { metric } from "../../watchers/metric.ts";
import { SimulatedClock } from "../simulated-clock.ts";
import { accepts, faultsOf, PlayedWatcher, RecordingRunner, type Surroundings } from "./harness.ts";

describe("metric: properties", () => {
  it("accepts the documented examples", () => {
    for (const properties of [
      { command: "./measure.sh", interval: "30s", labels: { site: "ams" } },
      { command: "a", interval: "1s", timeout: "5s", store: true, skip_prometheus: true, http: true },
      { command: "a", graphite_host: "g.example", graphite_port: "2003", graphite_prefix: "a.b" },
      { command: "a", graphite_host: '{{ lookup "facts.g" "" }}', graphite_port: '{{ lookup "facts.p" 1 }}' },
    ]) {
      expect(accepts(metric, properties), JSON.stringify(properties)).toBe(true);
      expect(faultsOf(metric, properties), JSON.stringify(properties)).toEqual([]);
    }
  });

  it("refuses no command, an empty one and unknown keys", () => {
    for (const properties of [{}, { command: "" }, { command: "a", intervall: "1s" }]) {
      expect(accepts(metric, properties), JSON.stringify(properties)).toBe(false);
    }
  });

  const faulty: [string, object, PropertyFault][] = [
    [
      "C79: an interval below 1s",
      { command: "a", interval: "200ms" },
      {
        path: ["properties", "interval"],
        message: "200ms is shorter than the shortest interval; it will be 1s, write that",
        severity: "warning",
      },
    ],
    [
      "an open quote",
      { command: "a 'b" },
      {
        path: ["properties", "command"],
        message: `command "a 'b" has a quote that is never closed`,
      },
    ],
    [
      "a broken template",
      { command: "a", graphite_host: "{{ nope" },
      {
        path: ["properties", "graphite_host"],
        message: 'template, line 1 column 1: this "{{" has no "}}"',
      },
    ],
    [
      "a host of Graphite without its port",
      { command: "a", graphite_host: "g" },
      {
        path: ["properties", "graphite_host"],
        message: "without graphite_port nothing is sent to Graphite; write both or none",
        severity: "warning",
      },
    ],
    [
      "a port of Graphite without its host",
      { command: "a", graphite_port: "2003" },
      {
        path: ["properties", "graphite_port"],
        message: "without graphite_host nothing is sent to Graphite; write both or none",
        severity: "warning",
      },
    ],
    ...["0", "65536", "http"].map((port): [string, object, PropertyFault] => [
      `the port ${port}`,
      { command: "a", graphite_host: "g", graphite_port: port },
      {
        path: ["properties", "graphite_port"],
        message: `"${port}" is no port, expected a number from 1 to 65535`,
      },
    ]),
  ];
  it.each(faulty)("%s is told of at its place", (_name, properties, fault) => {
    expect(faultsOf(metric, properties)).toEqual([fault]);
  });

  it("success_transition can never be fired", () => {
    expect(faultsOf(metric, { command: "a" }, { successTransition: "ok" })).toEqual([
      {
        path: ["success_transition"],
        message: 'a metric watcher never succeeds, so "ok" will never be fired by it; remove it',
        severity: "warning",
      },
    ]);
  });

  it.each([
    [{ command: "a" }, 1_000],
    [{ command: "a", interval: "200ms" }, 1_000],
    [{ command: "a", interval: "1m" }, 60_000],
  ])("C79: %j looks each %i ms, first at a random moment within, and on each change", (properties, ms) => {
    expect(metric.policy(metric.read(properties), undefined)).toEqual({
      start: { withinMs: ms },
      entry: "at-once",
      intervalMs: ms,
    });
    expect(metric.initialOutcome).toBe("unknown");
  });
});

describe("metric: what it makes of the output", () => {
  let workDirectory: string;
  beforeEach(async () => {
    workDirectory = await mkdtemp(join(tmpdir(), "machinist-metric-"));
  });
  afterEach(() => rm(workDirectory, { recursive: true }));

  const clock = new SimulatedClock(1_750_000_000_900);

  function play(properties: object, stdout: string, surroundings: Surroundings = {}) {
    const runner = new RecordingRunner({ stdout, durationMs: 250 });
    const shown: (readonly Gauge[])[] = [];
    const played = new PlayedWatcher(
      metric,
      { command: "./measure.sh", ...properties },
      {
        commands: runner,
        clock,
        machine: { workDirectory, directory: "/machines/deploy" },
        showGauges: (gauges) => shown.push(gauges),
        watcher: "Room Sensor",
        ...surroundings,
      },
    );
    return { played, runner, shown };
  }

  it("C79: JSON, with the labels of the properties before those that it printed", async () => {
    const printed = '\n {"labels":{"site":"ams","unit":"c"},"metrics":{"temperature":21.5,"n":0},"more":1}\n';
    const { played } = play({ labels: { site: "lon", rack: "7" } }, printed);
    expect(await played.look()).toEqual({
      outcome: "measured",
      announce: true,
      completedRun: true,
      output: "",
      detail: {
        metrics: {
          labels: { format: "choria", site: "lon", unit: "c", rack: "7" },
          metrics: { temperature: 21.5, n: 0, choria_runtime_seconds: 0.25 },
          time: 1_750_000_000,
        },
      },
    });
  });

  it("C79: perfdata", async () => {
    const { played } = play({ labels: { format: "own" } }, "OK - fine | 'free space'=12GB;1;2 load=0.5");
    expect((await played.look()).detail).toEqual({
      metrics: {
        labels: { format: "own" },
        metrics: { "free space": 12, load: 0.5, choria_runtime_seconds: 0.25 },
        time: 1_750_000_000,
      },
    });
  });

  it.each(["", "OK", "a | b=1 | c=2", "OK | junk b= ==", "[1]"])(
    "C79: %j holds no measurement and is no error",
    async (stdout) => {
      const { outcome, fire, detail } = await play({}, stdout).played.look();
      expect({ outcome, fire, detail }).toEqual({
        outcome: "measured",
        fire: undefined,
        detail: {
          metrics: {
            labels: { format: "nagios" },
            metrics: { choria_runtime_seconds: 0.25 },
            time: 1_750_000_000,
          },
        },
      });
    },
  );

  const expected = 'expected {"labels": {"name": "text"}, "metrics": {"name": 1.5}}';
  const labels = `its labels are no object of at most 32 names and texts; ${expected}`;
  const metrics = `its metrics are no object of at most 256 names and numbers; ${expected}`;
  const many = (count: number, value: unknown) =>
    Object.fromEntries(Array.from({ length: count }, (_, at) => [`n${at}`, value]));
  it("takes as much as it says that it does, to the last name, text and letter", async () => {
    const name = "n".repeat(128);
    const labels = { ...many(31, "x"), [name]: "x".repeat(1_024) };
    const metrics = { ...many(255, 1), [name]: 2 };
    const seen = await play({}, JSON.stringify({ labels, metrics })).played.look();
    expect(seen).toMatchObject({ outcome: "measured", detail: { metrics: { labels, metrics } } });
  });

  it.each([
    ['{"secret', `it printed "{" and then something that is no JSON; ${expected}`],
    ['{"labels":["secret"]}', labels],
    ['{"labels":{"a":1}}', labels],
    [JSON.stringify({ labels: many(33, "secret") }), labels],
    [JSON.stringify({ labels: { a: "x".repeat(1_025) } }), labels],
    ['{"metrics":"secret"}', metrics],
    ['{"metrics":{"a":"secret"}}', metrics],
    ['{"metrics":{"a":1e999}}', metrics],
    ['{"metrics":{"":1}}', metrics],
    [JSON.stringify({ metrics: { ["x".repeat(129)]: 1 } }), metrics],
    [JSON.stringify({ metrics: many(257, 1) }), metrics],
  ])("C79: %.40s is an error that fires fail and quotes nothing", async (stdout, reason) => {
    expect(await play({}, stdout).played.look()).toEqual({
      outcome: "error",
      fire: "fail",
      announce: true,
      completedRun: true,
      output: "",
      error: `command \`./measure.sh\`: ${reason}`,
      detail: { metrics: { labels: {}, metrics: {}, time: 0 } },
    });
  });

  const ends: [CommandEnd, string][] = [
    [{ how: "exited", code: 3 }, "exit status 3"],
    [{ how: "timed-out", afterMs: 10_000 }, "timed out after 10s and was stopped"],
    [{ how: "not-started", reason: "no program" }, "could not start: no program"],
  ];
  it.each(ends)("%j is announced and fires fail, and shows nothing more", async (end, reason) => {
    const { played, runner, shown } = play({}, '{"metrics":{"a":1}}');
    const good = await played.look();
    runner.answer = { ...runner.answer, end };
    expect(await played.look()).toMatchObject({
      outcome: "error",
      fire: "fail",
      announce: true,
      completedRun: end.how !== "not-started",
      error: `command \`./measure.sh\`: ${reason}`,
      detail: good.detail,
    });
    expect(shown.map((gauges) => gauges.length)).toEqual([2, 0]);
  });

  it("a lost run is repeated at once under its id", async () => {
    const { played, runner } = play({}, '{"metrics":{"a":1}}');
    runner.next.push({ end: { how: "lost" } });
    expect(await played.look()).toMatchObject({ outcome: "measured", completedRun: true });
    expect(runner.requests.map(({ runId }) => runId)).toEqual(Array(2).fill("instance-1.Room Sensor.0.0"));
  });

  it("a stopped run says nothing", async () => {
    const { played, runner, shown } = play({}, "");
    runner.answer = { end: { how: "stopped" } };
    expect(await played.look()).toMatchObject({ outcome: "skipped" });
    expect(shown).toEqual([]);
  });

  it("more JSON than is kept is an error, more perfdata is not", async () => {
    const { played, runner } = play({}, '{"metrics":{');
    runner.answer = { ...runner.answer, stdoutComplete: false };
    expect((await played.look()).error).toBe(
      "command `./measure.sh`: its standard output is larger than 1 MiB; print less",
    );
    runner.answer = { ...runner.answer, stdout: "OK | a=1" };
    expect((await played.look()).outcome).toBe("measured");
  });

  it("runs its command as exec does", async () => {
    const { played, runner } = play({ command: './m --to={{ lookup "data.x" "" }}', timeout: "3s" }, "", {
      data: { x: "a b" },
    });
    await played.look();
    await played.look();
    const [first, second] = runner.requests;
    expect(first).toEqual({
      argv: ["./m", "--to=a b"],
      directory: "/machines/deploy",
      environment: {
        MACHINE_NAME: "deploy",
        MACHINE_WATCHER_NAME: "Room Sensor",
        MACHINE_WORK_DIR: workDirectory,
        PATH: "/usr/bin:/bin:/machines/deploy",
      },
      files: { WATCHER_DATA: '{"x":"a b"}', WATCHER_FACTS: "{}" },
      timeoutMs: 3_000,
      disown: false,
      runId: "instance-1.Room Sensor.0.0",
      readsStdout: true,
      log: { owner: "deploy", part: "Room Sensor" },
    });
    expect(second?.runId).toBe("instance-1.Room Sensor.0.1");
  });

  it("store: keeps what others stored, under the watcher's name", async () => {
    const data = { metric: { other: { time: 1 } }, x: 1 };
    const { played } = play({ store: true }, '{"metrics":{"a":1}}', { data });
    await played.look();
    const mine = {
      labels: { format: "choria" },
      metrics: { a: 1, choria_runtime_seconds: 0.25 },
      time: 1_750_000_000,
    };
    expect(played.data).toEqual({ x: 1, metric: { other: { time: 1 }, "Room Sensor": mine } });
    const odd = play({ store: true }, '{"metrics":{"a":1}}', { data: { metric: "text" } }).played;
    await odd.look();
    expect(odd.data).toEqual({ metric: { "Room Sensor": mine } });
    expect((await play({}, "").played.look()).merge).toBeUndefined();
  });

  it("shows gauges under Choria's names, and none when told so", async () => {
    const printed = '{"labels":{"Site Name":"New, \\"York\\""},"metrics":{"Temp-1":1}}';
    const { played, shown } = play({}, printed);
    await played.look();
    const common = { help: "Choria Metric", labels: { format: "choria", site_name: "new___york_" } };
    expect(shown).toEqual([
      [
        { name: "choria_machine_metric_watcher_room_sensor_Temp_1", ...common, value: 1 },
        {
          name: "choria_machine_metric_watcher_room_sensor_choria_runtime_seconds",
          ...common,
          value: 0.25,
        },
      ],
    ]);
    const silent = play({ skip_prometheus: true }, printed);
    await silent.played.look();
    expect(silent.shown).toEqual([]);
  });

  async function graphite(): Promise<{ server: Server; port: number; received: Promise<string> }> {
    let took: (text: string) => void;
    const received = new Promise<string>((resolve) => {
      took = resolve;
    });
    const server = createServer((socket) => {
      let text = "";
      socket.on("data", (chunk: Buffer) => {
        text += chunk.toString("utf8");
      });
      socket.on("end", () => took(text));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => new Promise<void>((resolve) => void server.close(() => resolve())));
    return { server, port: (server.address() as AddressInfo).port, received };
  }

  it("Graphite gets a line for each number, and names cannot break out of theirs", async () => {
    const { port, received } = await graphite();
    const { played } = play(
      {
        graphite_host: "127.0.0.1",
        graphite_port: '{{ lookup "data.port" 0 }}',
      },
      '{"metrics":{"a":1.5,"b\\nevil 1 2\\n":2}}',
      { data: { port } },
    );
    expect(await played.look()).not.toHaveProperty("error");
    expect(await received).toBe(
      [
        "choria.Room-Sensor.a 1.5 1750000000",
        "choria.Room-Sensor.b_evil_1_2_ 2 1750000000",
        "choria.Room-Sensor.runtime 0.25 1750000000",
        "",
      ].join("\n"),
    );
  });

  it("Graphite gets the prefix that was asked for", async () => {
    const { port, received } = await graphite();
    const properties = {
      graphite_host: "127.0.0.1",
      graphite_port: `${port}`,
      graphite_prefix: 'site.{{ lookup "facts.site" "" }}',
    };
    await play(properties, "OK | a=1", { facts: () => ({ site: "ams" }) }).played.look();
    expect(await received).toMatch(/^site\.ams\.a 1 1750000000\n/);
  });

  it("Graphite that is away is said, and the measurement counts", async () => {
    const { server, port } = await graphite();
    await new Promise<void>((resolve) => void server.close(() => resolve()));
    const properties = { graphite_host: "127.0.0.1", graphite_port: `${port}`, store: true };
    const observation = await play(properties, "OK | a=1").played.look();
    expect(observation).toMatchObject({
      outcome: "measured",
      announce: true,
      merge: { metric: { "Room Sensor": { metrics: { a: 1 } } } },
      error: `not sent to Graphite: connect ECONNREFUSED 127.0.0.1:${port}`,
    });
    expect(observation.fire).toBeUndefined();
    const nowhere = { graphite_host: "127.0.0.1", graphite_port: '{{ lookup "data.port" "" }}' };
    expect((await play(nowhere, "OK | a=1").played.look()).error).toBe(
      "not sent to Graphite: graphite_host and graphite_port give no host and port from 1 to 65535",
    );
  });

  it("Graphite gets nothing when nothing was measured", async () => {
    const { server, port } = await graphite();
    await new Promise<void>((resolve) => void server.close(() => resolve()));
    const properties = { graphite_host: "127.0.0.1", graphite_port: `${port}` };
    expect(await play(properties, "OK").played.look()).not.toHaveProperty("error");
  });
});

describe("metric: real commands", () => {
  let root: string;
  let machine: { directory: string; workDirectory: string };
  let commands: HelperRunner;

  beforeAll(async () => {
    root = await realpath(await mkdtemp(join(tmpdir(), "machinist-metric-")));
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

  const measure = async (script: string) => {
    await writeFile(join(machine.directory, "measure.sh"), `#!/bin/sh\n${script}\n`);
    await chmod(join(machine.directory, "measure.sh"), 0o755);
    return new PlayedWatcher(metric, { command: "measure.sh" }, { commands, machine }).look();
  };

  it("C79: reads what a script prints; what it says on standard error is no data", async () => {
    const { detail, output } = await measure("echo '{\"x\":1}' >&2; echo 'OK | a=1'");
    expect(detail).toMatchObject({ metrics: { labels: { format: "nagios" }, metrics: { a: 1 } } });
    expect(output).toContain('{"x":1}');
  });

  it("100 MB of output stay bounded", async () => {
    const { outcome, output, detail } = await measure(
      `echo "OK | a=1 "; yes "junk='x b=2" | head -c 100000000`,
    );
    expect(outcome).toBe("measured");
    expect(Buffer.byteLength(output ?? "")).toBeLessThanOrEqual(64 * 1024);
    expect(detail).toMatchObject({ metrics: { metrics: { a: 1, b: 2 } } });
    expect(JSON.stringify(detail).length).toBeLessThan(1_000);
  });
});
