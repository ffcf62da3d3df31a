import { mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";
import type { MachineRecord } from "../../src/machine/record.ts";
import { ShippedDaemon, shellLines } from "./shipped-daemon.ts";

const root = join(import.meta.dirname, "../..");
const readText = (path: string): Promise<string> => readFile(join(root, path), "utf8");

/** A story may take its time on a busy machine. */
const storyLimitMs = 180_000;

describe("the five minutes of the README", () => {
  it(
    "go as told, kill -9 included",
    async ({ signal }) => {
      await using daemon = await ShippedDaemon.begin("machines");
      const outputs = new Map<string, string[]>();
      const outcomes: string[] = [];
      const expected = ["live", "rolled back", "failed", "live"];
      for (const line of shellLines(await readText("README.md"), "Five minutes")) {
        const isCut = line.includes("sleep");
        // Before the put: the command that puts may end later than the build.
        const isBuilding = isCut && daemon.record("deploy", (record) => record.state === "BUILDING", signal);
        // Half a minute is for readers who have to find a pid.
        const { exitCode, stdout, stderr } = await daemon.shell(line.replace('"sleep","30"', '"sleep","3"'));
        expect({ line, exitCode, stderr }).toEqual({ line, exitCode: 0, stderr: "" });
        const command = line.split(" ").slice(0, 3).join(" ");
        outputs.set(command, [...(outputs.get(command) ?? []), stdout]);
        const version = / release '\{"version":"([^"]+)"/.exec(line)?.[1];
        if (version === undefined) continue;
        if (isCut) {
          await isBuilding;
          await daemon.kill();
          await daemon.start();
        }
        const record = await daemon.record("deploy", isSettled(version), signal);
        outcomes.push(deployOf(record).outcome ?? "");
      }
      expect(outcomes).toEqual(expected);
      const pages = outputs.get("cat .machinist/work/deploy/current/index.html") ?? [];
      expect(pages).toEqual(["<h1>Hello</h1>", "<h1>Hello</h1>"]);
      expect(outputs.get("npx machinist show")?.[0]).toMatch(/State: +LIVE/);
      expect(outputs.get("npx machinist data")?.[0]).toMatch(/did not find the expected text in index.html/);
      expect(outputs.get("npx machinist history")?.[0]).toMatch(/go_back/);
      expect(
        await readFile(join(daemon.directory, ".machinist/work/deploy/current/index.html"), "utf8"),
      ).toBe("<h1>Hello again</h1>");
      expect(await daemon.stop()).toBe(0);
      expect(await readdir(daemon.directory)).toEqual([".machinist", "examples"]);
    },
    storyLimitMs,
  );

  it("are greeted with what runs and what to try", async () => {
    await using daemon = await ShippedDaemon.begin("machines");
    await daemon.stop();
    const greeting = await daemon.start();
    expect(greeting).toMatch(/runs 2 machines/);
    expect(greeting).toMatch(/deploy +WAITING/);
    expect(greeting).toMatch(/heartbeat +TICK/);
    const next = /second terminal: +(npx machinist .*)/.exec(greeting)?.[1] ?? "";
    expect(await daemon.shell(next)).toMatchObject({ exitCode: 0, stderr: "" });
  });
});

describe("the stories of examples/", () => {
  it("1: follow a key", async ({ signal }) => {
    await using daemon = await ShippedDaemon.begin("examples");
    const page = join(daemon.directory, ".machinist/work/follow-a-key/page.html");
    for (const line of shellLines(await readText("examples/1-follow-a-key/README.md"))) {
      expect(await daemon.shell(line)).toMatchObject({ exitCode: 0, stderr: "" });
      if (!line.includes(" put ")) continue;
      await daemon.record("follow-a-key", ({ last }) => last?.transition === "written", signal);
    }
    expect(await readFile(page, "utf8")).toBe("<h1>Hello, you two</h1>\n");
    await daemon.shell("npx machinist kv put STORY greeting '<b>you</b>'");
    await daemon.record("follow-a-key", ({ state }) => state === "BROKEN", signal);
    expect((await daemon.shell("npx machinist show follow-a-key")).stdout).toMatch(
      /a greeting is plain text/,
    );
    await daemon.shell("npx machinist kv put STORY greeting better");
    await daemon.record("follow-a-key", ({ state }) => state === "WAITING", signal);
    expect(await readFile(page, "utf8")).toBe("<h1>Hello, better</h1>\n");
  });

  it("2: build and switch", async ({ signal }) => {
    await using daemon = await ShippedDaemon.begin("examples");
    for (const line of shellLines(await readText("examples/2-build-and-switch/README.md"))) {
      expect(await daemon.shell(line)).toMatchObject({ exitCode: 0, stderr: "" });
      const version = /"version":"([^"]+)"/.exec(line)?.[1];
      if (version === undefined) continue;
      const isLive = ({ state, data }: MachineRecord): boolean =>
        state === "LIVE" && String(data["folder"]).startsWith(`${version}-`);
      await daemon.record("build-and-switch", isLive, signal);
    }
    const page = join(daemon.directory, ".machinist/work/build-and-switch/current/index.html");
    expect(await readFile(page, "utf8")).toBe("<h1>Two</h1>");
  });

  it("3: check and roll back", async ({ signal }) => {
    await using daemon = await ShippedDaemon.begin("machines");
    const outcomes: unknown[] = [];
    for (const line of shellLines(await readText("examples/3-check-and-roll-back/README.md"))) {
      expect(await daemon.shell(line)).toMatchObject({ exitCode: 0, stderr: "" });
      const version = /"version":"([^"]+)"/.exec(line)?.[1];
      if (version === undefined) continue;
      const { outcome, live } = deployOf(await daemon.record("deploy", isSettled(version), signal));
      outcomes.push([outcome, live]);
    }
    expect(outcomes).toEqual([
      ["live", "1.0.0-1"],
      ["rolled back", "1.0.0-1"],
    ]);
    const page = join(daemon.directory, ".machinist/work/deploy/current/index.html");
    expect(await readFile(page, "utf8")).toMatch(/<title>A small site<\/title>/);
  });

  it("4: take every order, each once, kill -9 included", async ({ signal }) => {
    await using daemon = await ShippedDaemon.begin("examples");
    const lines = shellLines(await readText("examples/4-take-every-order/README.md"));
    for (const line of lines) expect(await daemon.shell(line)).toMatchObject({ exitCode: 0, stderr: "" });
    await daemon.kill();
    await daemon.start();
    const tookAll = ({ state, data }: MachineRecord): boolean =>
      state === "OPEN" && (data["order"] as { revision?: number } | undefined)?.revision === 4;
    const { transitions, data } = await daemon.record("take-every-order", tookAll, signal);
    expect(transitions).toBe(8);
    expect(Object.keys(data).sort()).toEqual(["SHOP_orders.1001", "order"]);
    const slips = join(daemon.directory, ".machinist/work/take-every-order/slips");
    const names = (await readdir(slips)).sort();
    expect(names).toEqual(["000001.json", "000002.json", "000003.json", "000004.json"]);
    const became = names.map(async (name) => JSON.parse(await readFile(join(slips, name), "utf8")).became);
    expect(await Promise.all(became)).toEqual(["packed", "packed", "packed", "cancelled"]);
    await daemon.shell("npx machinist kv put SHOP orders.1003 nonsense");
    await daemon.record("take-every-order", ({ state }) => state === "JAMMED", signal);
    const skipped = await daemon.shell("npx machinist transition take-every-order skip");
    expect(skipped).toMatchObject({ exitCode: 0, stderr: "" });
    await daemon.record("take-every-order", ({ state }) => state === "OPEN", signal);
  });

  it("5: give up after three restarts, kill -9 included", async ({ signal }) => {
    await using daemon = await ShippedDaemon.begin("examples");
    const [start = "", stop = "", look = ""] = shellLines(await readText("examples/5-give-up/README.md"));
    const runs = (restarts: number) => (record: MachineRecord) =>
      record.state === "RUNNING" && record.data["restarts"] === restarts;
    expect(await daemon.shell(start)).toMatchObject({ exitCode: 0, stderr: "" });
    await daemon.record("give-up", runs(0), signal);
    for (const restarts of [1, 2, 3]) {
      expect(await daemon.shell(stop)).toMatchObject({ exitCode: 0, stderr: "" });
      await daemon.record("give-up", runs(restarts), signal);
    }
    await daemon.kill();
    await daemon.start();
    expect(await daemon.shell(stop)).toMatchObject({ exitCode: 0, stderr: "" });
    await daemon.record("give-up", ({ state }) => state === "FAILED", signal);
    const { stdout } = await daemon.shell(look);
    expect(stdout).toContain('reason: "down after 3 restarts within an hour"');
    expect(stdout).toMatch(/restarted_at: "\d{4}-\d\d-\d\dT/);
    expect(await daemon.shell(start)).toMatchObject({ exitCode: 0, stderr: "" });
    await daemon.record("give-up", runs(0), signal);
  });
});

describe("what ships", () => {
  it("validates without a warning, the machine of the README too", async () => {
    await using daemon = await ShippedDaemon.begin("machines");
    const readme = await readText("README.md");
    await writeFile(join(daemon.directory, "door.yaml"), /^```yaml\n(.*?)^```$/ms.exec(readme)?.[1] ?? "");
    const paths = [join(root, "machines"), join(root, "examples"), "door.yaml"].join(" ");
    const { exitCode, stdout, stderr } = await daemon.shell(`npx machinist validate ${paths}`);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(stdout).not.toMatch(/warning/i);
  });

  it.each([
    ["a library", 0, "[ 'TICK', 'TOCK' ]\nhello again\n"],
    ["locks and semaphores", 2, "true 1\nbuilds.1 [ 'host1' ]\n"],
    ["mirrors and codecs", 1, "4\n{ jobs: 4 } false 1\nweb.limit { jobs: 8 }\n8\n"],
  ])("has %s, used as the README shows", async (_, place, stdout) => {
    await using daemon = await ShippedDaemon.begin("machines");
    await mkdir(join(daemon.directory, "node_modules"));
    await symlink(root, join(daemon.directory, "node_modules/machinist"));
    await symlink(join(root, "machines"), join(daemon.directory, "machines"));
    const programs = [...(await readText("README.md")).matchAll(/^```ts\n(.*?)^```$/gms)];
    await writeFile(join(daemon.directory, "program.mjs"), programs[place]?.[1] ?? "");
    expect(await daemon.shell("node program.mjs")).toEqual({ exitCode: 0, stdout, stderr: "" });
  });

  it("names a schema that is there in each machine's first line", async () => {
    const files = await readdir(root, { recursive: true });
    const machines = files.filter((file) => /^(machines|examples)\/.*\.yaml$/.test(file));
    expect(machines.map((file) => basename(file))).toContain("heartbeat.yaml");
    for (const file of machines) {
      const schema = /^# yaml-language-server: \$schema=(\S+)\n/.exec(await readText(file))?.[1] ?? "none";
      expect(await readText(join(file, "..", schema))).toMatch(/^\{/);
    }
  });
});

interface Deploy {
  readonly outcome?: string;
  readonly version?: string;
  readonly live?: string | null;
}

function deployOf({ data }: MachineRecord): Deploy {
  return (data["deploy"] ?? {}) as Deploy;
}

function isSettled(version: string): (record: MachineRecord) => boolean {
  return (record) => {
    const deploy = deployOf(record);
    return deploy.version === version && deploy.outcome !== undefined;
  };
}
