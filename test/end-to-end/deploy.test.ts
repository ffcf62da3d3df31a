import { readFile, readlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { MachineRecord } from "../../src/machine/record.ts";
import { ShippedDaemon } from "./shipped-daemon.ts";

const limitMs = 120_000;

describe("the deploy machine in the daemon", () => {
  it(
    "waits for its bucket, and refuses every kind of bad release with its reason",
    async ({ signal }) => {
      await using daemon = await ShippedDaemon.begin("machines");
      const before = await daemon.record("deploy", () => true, signal);
      expect(before).toMatchObject({ state: "WAITING", transitions: 0 });
      await daemon.shell("npx machinist kv add DEPLOY");
      const bad: [string, string][] = [
        [`{"version":"0.0.1", broken}`, "the release is not valid JSON"],
        [`{"version":"0.0.2"`, "the release is not valid JSON"],
        [`{"files":{"index.html":""}}`, `the release has no "version"`],
        [`{"version":"0.0.4","files":{"../x":""}}`, `"files": "../x" leads out of the release folder`],
        [`{"version":"0.0.5","source":"/no/such/place"}`, "the source /no/such/place cannot be read: ENOENT"],
      ];
      for (const [text, reason] of bad) {
        await put(daemon, text);
        const isRefused = (record: MachineRecord): boolean =>
          record.state === "FAILED" &&
          record.data["DEPLOY_release"] === text &&
          deployOf(record).reason === reason;
        const record = await daemon.record("deploy", isRefused, signal);
        expect(deployOf(record)).toMatchObject({ outcome: "failed", live: null });
      }
      await expect(readlink(current(daemon))).rejects.toThrow("ENOENT");
      await put(daemon, release("1.0.0"));
      await daemon.record("deploy", settled("1.0.0", "live"), signal);
      await put(daemon, "no JSON at all");
      await daemon.record("deploy", ({ state }) => state === "FAILED", signal);
      expect(await readFile(join(current(daemon), "index.html"), "utf8")).toBe("1.0.0");
    },
    limitMs,
  );

  it(
    "takes up the last of the releases that come during a deployment",
    async ({ signal }) => {
      await using daemon = await ShippedDaemon.begin("machines");
      await daemon.shell("npx machinist kv add DEPLOY");
      const goOn = join(daemon.directory, "go-on");
      const build = ["sh", "-c", `until [ -e ${goOn} ]; do sleep 0.1; done`];
      await put(daemon, release("1.0.0", { build }));
      await daemon.record("deploy", ({ state }) => state === "BUILDING", signal);
      await put(daemon, release("2.0.0"));
      await put(daemon, release("3.0.0"));
      await writeFile(goOn, "");
      await daemon.record("deploy", settled("3.0.0", "live"), signal);
      expect(await readlink(current(daemon))).toBe("releases/3.0.0-2");
      expect(await daemon.transitions("deploy")).toEqual([...way, ...way]);
    },
    limitMs,
  );

  it(
    "deploys the same release once more when it is put once more, and rests when the key is deleted",
    async ({ signal }) => {
      await using daemon = await ShippedDaemon.begin("machines");
      await daemon.shell("npx machinist kv add DEPLOY");
      await put(daemon, release("1.0.0"));
      await daemon.record("deploy", settled("1.0.0", "live"), signal);
      await put(daemon, release("1.0.0"));
      await daemon.record("deploy", (record) => deployOf(record).live === "1.0.0-2", signal);
      await daemon.shell("npx machinist kv del DEPLOY release -f");
      const { data } = await daemon.record("deploy", ({ state }) => state === "WAITING", signal);
      expect(data["DEPLOY_release"]).toBeUndefined();
      expect(await readlink(current(daemon))).toBe("releases/1.0.0-2");
    },
    limitMs,
  );

  const bad = { health: { file: "missing.txt" } };
  for (const [state, extra, outcome] of [
    ["BUILDING", {}, "live"],
    ["SWITCHING", {}, "live"],
    ["CHECKING", {}, "live"],
    ["LIVE", {}, "live"],
    ["ROLLING_BACK", bad, "rolled back"],
    ["ROLLED_BACK", bad, "rolled back"],
  ] as const) {
    it(
      `goes on after kill -9 in ${state}, no transition lost or made twice`,
      async ({ signal }) => {
        await using daemon = await ShippedDaemon.begin("machines");
        await daemon.shell("npx machinist kv add DEPLOY");
        await put(daemon, release("1.0.0"));
        await daemon.record("deploy", settled("1.0.0", "live"), signal);
        const reached = daemon.record(
          "deploy",
          (record) => record.state === state && String(record.data["DEPLOY_release"]).includes("2.0.0"),
          signal,
        );
        await put(daemon, release("2.0.0", extra));
        await reached;
        await daemon.kill();
        await daemon.start();
        await daemon.record("deploy", settled("2.0.0", outcome), signal);
        const name = outcome === "live" ? "2.0.0-2" : "1.0.0-1";
        expect(await readlink(current(daemon))).toBe(`releases/${name}`);
        const second = outcome === "live" ? way : wayBack;
        expect(await daemon.transitions("deploy")).toEqual([...way, ...second]);
      },
      limitMs,
    );
  }
});

const way = ["build", "built", "switched", "healthy"];
const wayBack = ["build", "built", "switched", "go_back", "gone_back"];

function release(version: string, extra: object = {}): string {
  return JSON.stringify({ version, files: { "index.html": version }, ...extra });
}

async function put(daemon: ShippedDaemon, text: string): Promise<void> {
  const { exitCode } = await daemon.shell(`npx machinist kv put DEPLOY release '${text}'`);
  expect(exitCode).toBe(0);
}

function current(daemon: ShippedDaemon): string {
  return join(daemon.directory, ".machinist/work/deploy/current");
}

interface Deploy {
  readonly outcome?: string;
  readonly version?: string;
  readonly live?: string | null;
  readonly reason?: string | null;
}

function deployOf({ data }: MachineRecord): Deploy {
  return (data["deploy"] ?? {}) as Deploy;
}

function settled(version: string, outcome: string): (record: MachineRecord) => boolean {
  return (record) => deployOf(record).version === version && deployOf(record).outcome === outcome;
}
