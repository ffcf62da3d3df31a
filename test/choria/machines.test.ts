/**
 * Machines as users of Choria write them, from its documented features: loaded unchanged, run by a real daemon to the states that
 * Choria would bring them to.
 */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { checkDefinition } from "../../src/definition/definition.ts";
import { faultLine } from "../../src/definition/fault.ts";
import { builtInWatcherTypes } from "../../watchers/index.ts";
import { SimulatedClock } from "../simulated-clock.ts";
import { release as archiveOf } from "../watchers/archive/tarball.ts";
import { machinesOfChoria, runMachines } from "./run-machines.ts";

const minute = 60_000;
const hour = 60 * minute;
const names = readdirSync(machinesOfChoria).sort();
const types = new Map(builtInWatcherTypes.map((type) => [type.type, type]));

describe("machine files of Choria", () => {
  it("are at least fifteen", () => {
    expect(names.length).toBeGreaterThanOrEqual(15);
  });

  it.each(names)("%s is valid as it is", (name) => {
    const file = join(machinesOfChoria, name, "machine.yaml");
    const { faults, definition } = checkDefinition(readFileSync(file), { file, types });
    expect(faults.filter(({ severity }) => severity === "error").map((fault) => faultLine(fault))).toEqual(
      [],
    );
    expect(definition).toBeDefined();
  });
});

describe("machines of Choria run", () => {
  it("lamp: a timer switches it off again", async () => {
    const clock = new SimulatedClock();
    const { elapse, fire, machine, reaches } = await runMachines(["lamp"], { clock });
    const lamp = machine("lamp");
    await fire("lamp", "switch_on");
    await elapse(minute);
    expect(lamp.state).toBe("ON");
    await reaches("lamp", "OFF");
    expect(lamp.record).toMatchObject({ state: "OFF", last: { by: "watcher burn" } });
  });

  it("hvac: goes by the clock, and runs its script on each edge", async () => {
    // A Monday.
    const clock = new SimulatedClock(new Date(2026, 0, 5, 7, 59).getTime());
    const { drop, elapse, machine, reaches, until } = await runMachines(["hvac"], { clock });
    const log = async () => (await readFile(join(drop, "hvac/log"), "utf8")).split("\n").slice(0, -1);
    await elapse(2 * minute);
    await reaches("hvac", "on");
    await until(() => machine("hvac").record.runs["turn_on"] === 1);
    await elapse(8 * hour);
    await reaches("hvac", "off");
    await until(() => (machine("hvac").record.runs["turn_off"] ?? 0) > 0);
    const lines = await log();
    expect(lines[0]).toBe("on");
    expect(lines).toContain("off");
  });

  it("motd: the file is made, and made again when somebody changes it", async () => {
    const clock = new SimulatedClock();
    const { drop, elapseUntil, machine } = await runMachines(["motd"], {
      clock,
      facts: { fqdn: "web1.example.net" },
    });
    const file = join(drop, "motd/motd");
    const reads = (text: string) => () => existsSync(file) && readFileSync(file, "utf8") === text;
    const wanted = "Welcome to WEB1.EXAMPLE.NET\n";
    await elapseUntil(reads(wanted));
    expect(statSync(file).mode & 0o777).toBe(0o644);
    await writeFile(file, "mine");
    await elapseUntil(reads(wanted));
    await chmod(file, 0o600);
    await elapseUntil(() => (statSync(file).mode & 0o777) === 0o644);
    expect(machine("motd").state).toBe("MANAGE");
  });

  it("config-sync: follows a key, deploys it, and goes on after a value that fails", async () => {
    const clock = new SimulatedClock();
    const { elapseUntil, machine, put, reaches } = await runMachines(["config-sync"], {
      clock,
      buckets: ["CFG"],
      facts: { mode: "test" },
    });
    await put("CFG", "username", "myservice");
    const sync = machine("config_sync");
    await elapseUntil(() => sync.record.transitions === 2);
    expect(sync.record).toMatchObject({
      state: "WAIT",
      data: { CFG_username: "myservice", deployed: "MYSERVICE in test" },
    });
    await put("CFG", "username", "broken");
    await elapseUntil(() => sync.state === "FAILED");
    await reaches("config_sync", "FAILED");
    await put("CFG", "username", "other");
    await elapseUntil(() => sync.record.data["deployed"] === "OTHER in test");
    expect(sync.state).toBe("WAIT");
  });

  it("feature-flag: a key from facts, a query, a name of its own in the data", async () => {
    const clock = new SimulatedClock();
    const { elapseUntil, machine, put } = await runMachines(["feature-flag"], {
      clock,
      buckets: ["FLAGS"],
      facts: { site: "ams" },
    });
    const flag = machine("feature_flag");
    await put("FLAGS", "ams.shop", { rollout: { enabled: true } });
    await elapseUntil(() => flag.state === "ENABLED");
    expect(flag.record.data).toEqual({ flag: true });
    await put("FLAGS", "ams.shop", { rollout: { enabled: false } });
    await elapseUntil(() => flag.state === "DISABLED" && flag.record.transitions === 4);
  });

  it("restart-on-change: another content of a file restarts the service", async () => {
    const { drop, machine, until } = await runMachines(["restart-on-change"]);
    const service = machine("restart_on_change");
    await until(() => service.watchers[0]?.lookedAt !== undefined);
    await writeFile(join(drop, "restart-on-change/app.conf"), "two\n");
    await until(() => service.record.transitions === 2);
    expect(service.state).toBe("RUN");
    expect(await readFile(join(drop, "restart-on-change/restarts"), "utf8")).toBe("two\n");
  });

  it("disk-check: OK, CRITICAL by an override, forced checks, maintenance", async () => {
    const clock = new SimulatedClock();
    const { drop, elapse, elapseUntil, events, fire, machine, reaches, until } = await runMachines(
      ["disk-check"],
      {
        clock,
        overrides: { check_disk: { limit: 50 } },
      },
    );
    const check = machine("check_disk");
    await elapseUntil(() => check.state === "OK");
    await writeFile(join(drop, "disk-check/used"), "60");
    await fire("check_disk", "FORCE_CHECK");
    await reaches("check_disk", "CRITICAL");
    await fire("check_disk", "MAINTENANCE");
    await elapse(hour);
    expect(check.state).toBe("MAINTENANCE");
    await writeFile(join(drop, "disk-check/used"), "20");
    await fire("check_disk", "RESUME");
    await reaches("check_disk", "OK");
    await until(() => events.some(({ type }) => type === "io.choria.machine.watcher.nagios.v1.state"));
    const last = events.findLast(({ type }) => type === "io.choria.machine.watcher.nagios.v1.state");
    expect(last?.data).toMatchObject({ status: "OK", annotations: { team: "storage" } });
  });

  it("heartbeat: is OK within its interval", async () => {
    const clock = new SimulatedClock();
    const { elapseUntil, machine } = await runMachines(["heartbeat"], { clock });
    await elapseUntil(() => machine("heartbeat").state === "OK");
    expect(machine("heartbeat").record.last?.by).toBe("watcher heartbeat");
  });

  it("load: what one watcher measures moves the machine through another", async () => {
    const clock = new SimulatedClock();
    const { drop, elapseUntil, machine } = await runMachines(["load"], { clock });
    const load = machine("load");
    await elapseUntil(() => load.record.data["metric"] !== undefined);
    expect(load.record.data["metric"]).toMatchObject({
      measure: { labels: { site: "lon", format: "nagios" }, metrics: { load1: 1, load5: 1.5 } },
    });
    await writeFile(join(drop, "load/now"), "7");
    await elapseUntil(() => load.state === "BUSY");
    await writeFile(join(drop, "load/now"), "2");
    await elapseUntil(() => load.state === "CALM");
  });

  it("registry: a service is in the bucket while its machine is up", async () => {
    const { daemon, machine, until } = await runMachines(["registry"]);
    await until(() => machine("registry").watchers[0]?.lookedAt !== undefined);
    const bucket = await daemon.store.openBucket("CHORIA_SERVICES");
    const entries = [];
    for await (const key of bucket.keys("lon.http.ginger.*")) entries.push((await bucket.get(key))?.json());
    expect(entries).toEqual([expect.objectContaining({ address: "192.168.1.1", port: 8080, priority: 1 })]);
  });

  it("porch-light: is pressed, reports what its state says, and is disabled in service", async () => {
    const { fire, machine, until } = await runMachines(["porch-light"]);
    const light = machine("porch_light");
    await until(() => light.watchers[0]?.outcome === "off");
    await light.input("switch", { on: true });
    expect(light.state).toBe("ON");
    await until(() => light.watchers[0]?.outcome === "on");
    await fire("porch_light", "turn_off");
    await until(() => light.watchers[0]?.outcome === "off");
    await fire("porch_light", "service");
    await expect(light.input("switch", { on: true })).rejects.toMatchObject({ code: "ILLEGAL_TRANSITION" });
  });

  it("leader and follower: one follows the other's events, and works only while that one is active", async () => {
    const { fire, machine, reaches } = await runMachines(["leader", "follower"]);
    await fire("leader", "promote");
    await reaches("follower", "DONE");
    expect(machine("follower").record.transitions).toBe(2);
  });

  it("throttled: waits for a governor that is full, fails after its timeout, works when there is room", async () => {
    const { daemon, fire, machine, reaches } = await runMachines(["throttled"], { facts: { site: "ams" } });
    const { createSemaphore } = await import("../../src/kv/semaphore.ts");
    const bucket = await daemon.store.createBucket("machinist-governors", { markerTtlMs: 60_000 });
    const governor = await createSemaphore(bucket, "BUILDS_ams", { capacity: 1 });
    const held = await governor.acquire({ owner: "somebody else" });
    await fire("throttled", "start");
    await reaches("throttled", "FAILED");
    expect(machine("throttled").watchers[0]?.error).toContain("BUILDS_ams");
    await held.release();
    await fire("throttled", "start");
    await reaches("throttled", "IDLE");
  });

  it("window: opens once a night, not again when the machine comes back into it", async () => {
    const clock = new SimulatedClock(new Date(2026, 0, 6, 1, 59).getTime());
    const { elapse, elapseUntil, fire, machine } = await runMachines(["window"], { clock });
    const window = machine("window");
    await elapseUntil(() => window.state === "OPEN");
    await fire("window", "work");
    await fire("window", "worked");
    const { transitions } = window.record;
    await elapse(minute);
    expect(window.record.transitions).toBe(transitions);
    await elapseUntil(() => window.state === "CLOSED");
    expect(new Date(clock.now()).getHours()).toBe(3);
  });

  it("capacity: the words of the expression language", async () => {
    const clock = new SimulatedClock();
    const { elapse, elapseUntil, machine, put } = await runMachines(["capacity"], {
      clock,
      buckets: ["PLAN"],
      facts: { role: "web" },
    });
    const capacity = machine("capacity");
    await put("PLAN", "need", { units: 12, zone: "test" });
    await elapseUntil(() => capacity.record.data["need"] !== undefined);
    await elapse(5000);
    expect(capacity.state).toBe("ENOUGH");
    await put("PLAN", "need", { units: 12, zone: "prod-a" });
    await elapseUntil(() => capacity.state === "SHORT");
    await put("PLAN", "need", { units: 3, zone: "prod-a" });
    await elapseUntil(() => capacity.state === "ENOUGH");
  });

  it("sensor: gathers soon after its start, announces itself, and alarms when its probe fails", async () => {
    const clock = new SimulatedClock();
    const { drop, elapse, elapseUntil, events, machine } = await runMachines(["sensor"], { clock });
    await elapseUntil(() => (machine("sensor").record.runs["probe"] ?? 0) > 0);
    await elapse(minute);
    expect(
      events.filter(({ type }) => type === "io.choria.machine.watcher.exec.v1.state").length,
    ).toBeGreaterThan(1);
    await writeFile(join(drop, "sensor/tripped"), "");
    await elapseUntil(() => machine("sensor").state === "ALARM");
  });

  it("legacy: weak types and empty keys mean what they mean to Choria", async () => {
    const clock = new SimulatedClock();
    const { elapseUntil, events, machine } = await runMachines(["legacy"], { clock });
    await elapseUntil(() => machine("legacy").state === "THREE");
    const { watchers } = machine("legacy").definition;
    expect(watchers[0]).toMatchObject({
      intervalMs: 30 * 24 * hour,
      failTransition: undefined,
      properties: { timeoutMs: 90_000, suppressSuccessAnnounce: true, gatherInitialState: true },
    });
    expect(events.filter(({ type }) => type.includes("exec"))).toEqual([]);
  });

  it("hiera: the settings of this host, from a document for all", async () => {
    const clock = new SimulatedClock();
    const { machine, put, reaches } = await runMachines(["hiera"], {
      clock,
      buckets: ["HIERA"],
      facts: { fqdn: "web1.example.net" },
    });
    await put("HIERA", "settings", {
      hierarchy: { order: ["fqdn:{{ lookup('facts.fqdn') }}"], merge: "first" },
      data: { workers: 2, level: "info" },
      overrides: { "fqdn:web1.example.net": { workers: 8 } },
    });
    await reaches("settings", "APPLIED");
    expect(machine("settings").record.data).toEqual({ HIERA_settings: { workers: 8, level: "info" } });
  });

  it("deploy: software from an archive that a key names, verified", async () => {
    const clock = new SimulatedClock();
    const { drop, machine, put, reaches } = await runMachines(["deploy"], { clock, buckets: ["RELEASES"] });
    const release = await releaseFile("app", { hello: "hello\n" });
    await put("RELEASES", "app", release);
    await reaches("deploy", "DEPLOYED");
    expect(await readFile(join(drop, "deploy/app/hello"), "utf8")).toBe("hello\n");
    expect(machine("deploy").record.data["app"]).toMatchObject({ source: release.source });
  });

  it("fleet: a specification in a bucket installs machines, and takes them away", async () => {
    const clock = new SimulatedClock();
    const { daemon, drop, elapseUntil, machine, put, until } = await runMachines(["fleet"], {
      clock,
      buckets: ["CHORIA_PLUGINS"],
    });
    const running = () => daemon.supervisor.slots.filter((slot) => slot.machine).map(({ name }) => name);
    const { source, checksum, verify } = await releaseFile("lamp2", { "machine.yaml": await lamp2() });
    const entries = [{ name: "lamp2", source, checksum, verify_checksum: verify }];
    const packed = (list: unknown) => ({ plugins: Buffer.from(JSON.stringify(list)).toString("base64") });
    await put("CHORIA_PLUGINS", "plugins", packed(entries));
    // What lies in the drop directory is noticed in real time: the clock stands still meanwhile.
    await elapseUntil(() => existsSync(join(drop, "mm_lamp2/machine.yaml")));
    await until(() => running().includes("mm_lamp2"));
    await elapseUntil(() => existsSync(join(drop, "lamp2/machine.yaml")));
    await until(() => running().includes("lamp2"));
    expect(machine("plugins_manager").state).toBe("MANAGE");
    await put("CHORIA_PLUGINS", "plugins", packed([]));
    await elapseUntil(() => !existsSync(join(drop, "mm_lamp2")));
    await until(() => !running().includes("mm_lamp2"));
    await elapseUntil(() => !existsSync(join(drop, "lamp2")));
    await until(() => !running().includes("lamp2"));
    expect(running()).toEqual(["plugins_manager"]);
  });

  it("all of them side by side: one that is removed leaves, the others do not notice", async () => {
    const { daemon, drop, until } = await runMachines(names);
    const running = () => daemon.supervisor.slots.filter(({ machine }) => machine).map(({ name }) => name);
    expect(running()).toHaveLength(names.length);
    await rm(join(drop, "lamp"), { recursive: true });
    await until(() => running().length === names.length - 1);
    expect(running()).not.toContain("lamp");
  });
});

/** An archive on the disk, as a release says where it is. */
async function releaseFile(directory: string, files: Readonly<Record<string, string>>) {
  const { bytes, checksum, sumsChecksum } = archiveOf(directory, files);
  const place = await mkdtemp(join(tmpdir(), "machinist-release-"));
  onTestFinished(() => rm(place, { recursive: true }));
  const source = join(place, `${directory}.tgz`);
  await writeFile(source, bytes);
  return { source: `file://${source}`, checksum, verify: sumsChecksum };
}

async function lamp2(): Promise<string> {
  const text = await readFile(join(machinesOfChoria, "lamp/machine.yaml"), "utf8");
  return text.replace("name: lamp", "name: lamp2");
}
