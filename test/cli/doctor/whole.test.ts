/** `doctor` and `list --fail` beside a whole daemon whose machines are in trouble. */
import { describe, expect, it } from "vitest";
import { openStore } from "../../../src/kv/open.ts";
import { runningDaemon } from "../../http/surfaces.ts";
import { yaml } from "../../supervisor/supervise.ts";
import { Shell } from "../shell.ts";

const work = (name: string, command: string): string => `
name: ${name}
version: 1.0.0
initial_state: WORK
transitions:
  - { name: done, from: [WORK], destination: LIVE }
  - { name: broke, from: [WORK], destination: FAILED }
watchers:
  - name: work
    type: exec
    interval: 1h
    state_match: [WORK]
    success_transition: done
    fail_transition: broke
    properties: { command: ${command}, gather_initial_state: true }
`;

async function begin(files: Record<string, string>) {
  const running = await runningDaemon(files);
  const shell = new Shell(running.directory);
  const doctor = async (...flags: string[]) => {
    const { status, stdout } = await shell.run("doctor", "--json", ...flags);
    const { checks }: { checks: { check: string; state: string; text: string }[] } = JSON.parse(stdout);
    return { status, lines: checks.map(({ check, state, text }) => `${state} ${check}: ${text}`) };
  };
  return { ...running, shell, doctor };
}

describe("doctor", () => {
  it("is content with a good machine: its records, its commands and no governor", async () => {
    const { doctor } = await begin({ "m.yaml": yaml("m") });
    const { status, lines } = await doctor("--fail");
    expect(lines).toContain("ok Machines: Records: 1 records of machines, all readable");
    expect(lines).toContain("ok Commands: all programs and scripts of machines can be started");
    expect(lines.filter((line) => !line.startsWith("ok "))).toEqual([]);
    expect(status).toBe(0);
  });

  it("reports a machine that has failed, a problem", async () => {
    const { doctor, ask } = await begin({ "m.yaml": work("m", "'true'") });
    await ask("POST", "/v1/machines/m/transition", { transition: "broke" });
    const { status, lines } = await doctor();
    expect(status).toBe(1);
    expect(lines).toContainEqual(
      expect.stringMatching(/^problem Machine m: failed: transition broke led from WORK to FAILED at /),
    );
  });

  it("reports a script that could not be started, a warning that only --fail counts", async () => {
    const { doctor, directory } = await begin({ "m.yaml": yaml("m"), "n.yaml": work("n", "./no.sh") });
    const { status, lines } = await doctor();
    expect(lines).toContain(
      `warning Commands: ${directory}/machines/n.yaml:15:28 warning: watchers[0].properties.command: there is no program "./no.sh": ${directory}/machines/no.sh does not exist`,
    );
    expect(status).toBe(0);
    expect((await doctor("--fail")).status).toBe(1);
  });

  it("reports governors and their holders", async () => {
    const { doctor, shell } = await begin({});
    await shell.run("governor", "add", "deploys", "2");
    expect((await doctor()).lines).toContain("ok Governor deploys: 0 of 2 slots taken");
  });

  it("reports a record that cannot be read, and a missing bucket, each with what to do", async () => {
    const { daemon, doctor, directory } = await begin({ "m.yaml": yaml("m") });
    await daemon.stop();
    {
      await using store = await openStore(`lmdb:${directory}/.machinist/state`);
      await (await store.openBucket("machinist-machines")).put("m", "{garbage");
      await store.destroyBucket("machinist-cursors");
    }
    const { status, lines } = await doctor();
    expect(status).toBe(1);
    expect(lines).toContainEqual(
      expect.stringMatching(
        /^problem Machine m: record machinist-machines\/m cannot be read: it is no JSON; see /,
      ),
    );
    expect(lines).toContainEqual(
      expect.stringMatching(
        /^problem Machines: Records: bucket machinist-cursors is missing: .*machinist restore/,
      ),
    );
  });
});

it("list --fail ends with 1 when a listed machine needs somebody, else with 0", async () => {
  const { shell, ask } = await begin({ "m.yaml": work("m", "'true'"), "n.yaml": yaml("n") });
  expect((await shell.run("list", "--fail")).status).toBe(0);
  await ask("POST", "/v1/machines/m/transition", { transition: "broke" });
  const ran = await shell.run("list", "--fail");
  expect(ran.status).toBe(1);
  expect(ran.stdout).toMatch(/│ m +│ 1\.0\.0 +│ FAILED +│ [^│]+│ failed +│/);
  expect((await shell.run("list", "--fail", "--json")).status).toBe(1);
  expect((await shell.run("list", "n", "--fail")).status).toBe(0);
  expect((await shell.run("list")).status).toBe(0);
  expect((await shell.run("list", "--failing", "-o", "name")).stdout).toBe("m\n");
  const { body } = await ask("GET", "/v1/machines/m");
  expect(body.health).toBe("failed");
  expect((await ask("GET", "/metrics")).body).toMatch(/machinist_machines\{health="failed"\} 1/);
  expect((await ask("GET", "/v1/status")).body.machines).toEqual({ failed: 1, running: 1 });
});
