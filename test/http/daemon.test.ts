import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { createSemaphore } from "../../src/kv/semaphore.ts";
import { makeGovernor } from "../../src/machine/governor-bucket.ts";
import { hasCgroups } from "../exec/cgroups.ts";
import { yaml } from "../supervisor/supervise.ts";
import { runningDaemon } from "./surfaces.ts";

it("says that it lives and that it is ready", async () => {
  const { ask } = await runningDaemon();
  for (const path of ["/healthz", "/readyz"])
    expect(await ask("GET", path)).toMatchObject({ status: 200, body: { status: "ok" } });
});

it("tells what runs, and never a password", async () => {
  const { ask, directory } = await runningDaemon({ "m.yaml": yaml("m"), "bad.yaml": "name: [" });
  const { body } = await ask("GET", "/v1/status");
  expect(body).toEqual({
    version: expect.stringMatching(/^\d+\.\d+\.\d+/),
    pid: process.pid,
    started: expect.stringMatching(/^\d{4}-/),
    identity: expect.any(String),
    dataDirectory: join(directory, ".machinist"),
    store: `lmdb:${join(directory, ".machinist/store")}`,
    http: null,
    engine: "lmdb",
    machines: { running: 1, faulty: 1 },
    topics: false,
    topicsMissed: 0,
    commandTracking: hasCgroups ? "cgroup" : expect.stringMatching(/^(search|process-group)$/),
    disk: { freeBytes: expect.any(Number), sizeBytes: expect.any(Number), storeBytes: expect.any(Number) },
    eventLoopDelayMs: expect.any(Number),
    memoryBytes: expect.any(Number),
  });
});

it("tells how its host bears it, and whether topics are handled", async () => {
  const handler = "exports.process = async () => undefined;";
  const { ask } = await runningDaemon({ "../topics/greetings/log/index.js": handler });
  const { topics, disk, eventLoopDelayMs, memoryBytes } = (await ask("GET", "/v1/status")).body;
  expect(topics).toBe(true);
  expect(disk.sizeBytes).toBeGreaterThanOrEqual(disk.freeBytes);
  expect(disk.freeBytes).toBeGreaterThan(0);
  expect(disk.storeBytes).toBeGreaterThan(4096);
  expect(eventLoopDelayMs).toBeGreaterThanOrEqual(0);
  expect(memoryBytes).toBeGreaterThan(10 * 1024 * 1024);
});

it("facts and governors", async () => {
  const { ask, directory, daemon } = await runningDaemon({}, "facts: facts.json");
  expect((await ask("GET", "/v1/facts")).body).toEqual({});
  await writeFile(join(directory, "facts.json"), '{"site":"north"}');
  expect((await ask("GET", "/v1/facts")).body).toEqual({ site: "north" });
  expect((await ask("GET", "/v1/governors")).body).toEqual([]);
  const bucket = await daemon.store.createBucket("machinist-governors", { markerTtlMs: 60_000 });
  await createSemaphore(bucket, "deploys", { capacity: 3 });
  expect((await ask("GET", "/v1/governors")).body).toMatchObject([
    { governor: "deploys", capacity: 3, holders: [] },
  ]);
});

it("a slot is taken from who has it, once", async () => {
  const { ask, daemon } = await runningDaemon();
  const { governor } = await makeGovernor(daemon.store, "deploys", { capacity: 1 });
  await using _slot = await governor.acquire({ owner: "host1" });
  const path = "/v1/governors/deploys/holders/1";
  expect(await ask("DELETE", path)).toMatchObject({ status: 204 });
  expect((await ask("GET", "/v1/governors")).body).toMatchObject([{ governor: "deploys", holders: [] }]);
  expect(await ask("DELETE", path)).toMatchObject({
    status: 404,
    body: { error: { message: expect.stringMatching(/^nobody has slot 1 of governor deploys; /) } },
  });
  expect(await ask("DELETE", "/v1/governors/other/holders/1")).toMatchObject({ status: 404 });
  expect(await ask("DELETE", "/v1/governors/deploys/holders/x")).toMatchObject({ status: 400 });
});

it("metrics: what machines do, and their series vanish with them", async () => {
  const { ask, daemon, directory } = await runningDaemon({ "m.yaml": yaml("m"), "n.yaml": yaml("n") });
  for (const name of ["m", "n"]) {
    await ask("POST", `/v1/machines/${name}/transition`, { transition: "go" });
    await ask("POST", `/v1/machines/${name}/transition`, { transition: "go" });
  }
  const lines = async () => (await ask("GET", "/metrics")).body.split("\n") as string[];
  const first = await lines();
  for (const line of [
    'machinist_transitions_total{machine="m",transition="go"} 1',
    'machinist_transitions_illegal_total{machine="m"} 1',
    'machinist_transitions_rate_limited_total{machine="m"} 0',
    'machinist_watcher_looks_total{machine="m",watcher="alarm",outcome="running"} 1',
    'machinist_machines{health="running"} 2',
    "machinist_records_committed_total 4",
    "machinist_http_streams 0",
    'machinist_queue_depth{machine="m"} 0',
  ])
    expect(first).toContain(line);
  expect(first.join("\n")).toMatch(/machinist_event_loop_delay_seconds\{quantile="0.99"\} \d[\d.e-]*$/m);
  const { headers } = await ask("GET", "/metrics");
  expect(headers["content-type"]).toBe("text/plain; version=0.0.4; charset=utf-8");

  await rm(join(directory, "machines/n.yaml"));
  await expect.poll(() => daemon.supervisor.slots.map(({ name }) => name)).toEqual(["m"]);
  const then = await lines();
  expect(then.filter((line) => line.includes('machine="n"'))).toEqual([]);
  expect(then).toContain('machinist_transitions_total{machine="m",transition="go"} 1');
});
