/** `machinist doctor` while servers of NATS are away: what answers, who leads, what lags, and never longer than 10 s. */
import { mkdir, writeFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openStore } from "../../src/kv/open.ts";
import { replicasOf } from "../kv/cluster/replicas.ts";
import { startProxy } from "../kv/fixtures/proxy.ts";
import { startSilentListener } from "../kv/fixtures/silent-listener.ts";
import { type RunningCluster, startCluster } from "../setup/nats-cluster.ts";
import { startServer } from "../setup/nats-server.ts";
import { Shell } from "./shell.ts";

interface Check {
  readonly check: string;
  readonly state: string;
  readonly text: string;
}

const machine = `
name: m
version: 1.0.0
initial_state: A
transitions:
  - { name: go, from: [A], destination: A }
watchers:
  - { name: w, type: kv, success_transition: go, properties: { bucket: JOBS, mode: watch } }
`;

let shell: Shell;
beforeAll(async () => {
  shell = await Shell.create();
  await mkdir(shell.path("machines"));
  await writeFile(shell.path("machines", "m.yaml"), machine);
});
afterAll(() => shell[Symbol.asyncDispose]());

/** The checks by name, none of which may take long. */
async function doctor(url: string): Promise<ReadonlyMap<string, Check>> {
  const begun = performance.now();
  const { stdout } = await shell.run("doctor", "--json", "--store", url);
  expect(performance.now() - begun).toBeLessThan(10_000);
  const { checks }: { checks: Check[] } = JSON.parse(stdout);
  return new Map(checks.map((check) => [check.check, check]));
}

/** Asks until it is so: servers take some seconds to notice what happened to the others. */
async function doctorUntil(url: string, isSo: (checks: ReadonlyMap<string, Check>) => boolean) {
  for (;;) {
    const checks = await doctor(url);
    if (isSo(checks)) return checks;
  }
}

const hostOf = (url: string): string => url.replace("nats://", "");

describe("doctor on a cluster of three", () => {
  let cluster: RunningCluster;
  let leader: string;
  let follower: string;

  beforeAll(async () => {
    cluster = await startCluster();
    await using store = await openStore(cluster.url);
    await (await store.createBucket("JOBS", { replicas: 3 })).put("a", "1");
    await store.createBucket("OTHER", { replicas: 3 });
    const found = await replicasOf(cluster.url, "JOBS");
    leader = found.leader ?? "";
    follower = found.followers[0] ?? "";
  });
  afterAll(() => cluster[Symbol.asyncDispose]());

  it("reports each server, the meta leader, and the leader and replicas of each watched bucket", async () => {
    const checks = await doctorUntil(cluster.url, (found) => found.get("Bucket JOBS")?.state === "ok");
    for (const { name, url } of cluster.nodes) {
      expect(checks.get(`Server ${hostOf(url)}`)).toMatchObject({
        state: "ok",
        text: expect.stringMatching(new RegExp(`^nats-server \\S+ at \\S+ \\(${name}\\), cluster test`)),
      });
    }
    expect(checks.get("Meta Leader")).toMatchObject({ state: "ok", text: expect.stringMatching(/quorum/) });
    expect(checks.get("Bucket JOBS")?.text).toMatch(
      new RegExp(`^watched by m/w, leader ${leader}, replicas n., n. up to date$`),
    );
    expect(checks.has("Bucket OTHER")).toBe(false);
  });

  it("reports a server that is stopped by SIGSTOP, and the replica that is behind", async () => {
    const node = cluster.node(follower);
    await node.pause();
    try {
      const checks = await doctorUntil(
        cluster.url,
        (found) => found.get("Meta Leader")?.state === "ok" && found.get("Bucket JOBS")?.state === "problem",
      );
      expect(checks.get(`Server ${hostOf(node.url)}`)).toMatchObject({
        state: "problem",
        text: expect.stringMatching(/no answer within 2\.5 s/),
      });
      expect(checks.get("Bucket JOBS")?.text).toMatch(
        new RegExp(`replica ${follower} is (offline|behind by)`),
      );
    } finally {
      node.resume();
    }
  });

  it("reports that there is no meta leader and no leader of a bucket, once most servers are gone", async () => {
    const [one, ...others] = cluster.nodes;
    await Promise.all(others.map((node) => node.stop()));
    const checks = await doctorUntil(
      cluster.url,
      (found) =>
        found.get("Meta Leader")?.state === "problem" &&
        /no leader/.test(found.get("Bucket JOBS")?.text ?? ""),
    );
    expect(checks.get("Meta Leader")?.text).toMatch(/^none, so there is no quorum in cluster test/);
    expect(checks.get(`Server ${hostOf(one?.url ?? "")}`)?.state).toBe("ok");
    for (const { url } of others) expect(checks.get(`Server ${hostOf(url)}`)?.state).toBe("problem");
    expect(checks.get("Bucket JOBS")).toMatchObject({
      state: "problem",
      text: expect.stringMatching(/^watched by m\/w: no leader/),
    });
    await one?.pause();
    const silent = await doctor(cluster.url);
    one?.resume();
    for (const { url } of cluster.nodes) expect(silent.get(`Server ${hostOf(url)}`)?.state).toBe("problem");
    expect(silent.get("Store")?.text).toMatch(/none of its servers answers/);
  });
});

it("doctor ends in time when servers accept connections and say nothing, and when there are none", async () => {
  await using silent = await startSilentListener();
  const [hole, nobody] = [hostOf(silent.url), "127.0.0.1:1"];
  const both = await doctor(`nats://${hole},${nobody}`);
  expect(both.get(`Server ${hole}`)).toMatchObject({
    state: "problem",
    text: expect.stringMatching(/no answer/),
  });
  expect(both.get(`Server ${nobody}`)?.text).toMatch(/is the server running there\?/);
  expect(both.get("Store")).toMatchObject({
    state: "problem",
    text: expect.stringMatching(/none of its servers/),
  });
  expect((await doctor(`nats://${hole}`)).get("Store")?.text).toMatch(/no answer within 2\.5 s/);
  expect((await doctor(`nats://${nobody}`)).get("Store")?.text).toMatch(/is the server running there\?/);
});

it("doctor ends in time when a server falls silent after the connection is made", async () => {
  await using server = await startServer("current");
  await using proxy = await startProxy(server.url, "PONG");
  const checks = await doctor(proxy.url);
  expect(checks.get("Store")).toMatchObject({
    state: "problem",
    text: expect.stringMatching(/took the connection, then gave no answer within 2\.5 s/),
  });
});
