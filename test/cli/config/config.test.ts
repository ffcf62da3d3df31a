/** `config show`, `config check` and `config example`. */
import { writeFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { parse } from "yaml";
import { configSchema } from "../../../src/config/config-schema.ts";
import { Shell } from "../shell.ts";

let shell: Shell;
beforeAll(async () => {
  shell = await Shell.create();
});
afterAll(() => shell[Symbol.asyncDispose]());

it("show: what is in effect, of flags, environment, file and defaults, and no secret", async () => {
  const hash = `sha256:${"0".repeat(64)}`;
  await writeFile(
    shell.path("machinist.yaml"),
    [
      "store: nats://user:hunter2@127.0.0.1:4222",
      "drain_timeout: 90s",
      "exec: { environment: { TOKEN: hunter2 } }",
      `http: { listen: "127.0.0.1:7890", tokens: [{ name: ci, hash: "${hash}", scopes: [read] }] }`,
    ].join("\n"),
  );
  const environment = { MACHINIST_LOG_LEVEL: "debug" };
  const { stdout, status } = await shell.runWith({ environment }, "config", "show", "--data", "d");
  expect(status).toBe(0);
  expect(stdout).toMatch(/^# \/.*\/machinist\.yaml\n/);
  expect(stdout).not.toContain("hunter2");
  expect(stdout).not.toContain(hash);
  const settings = parse(stdout);
  expect(settings).toMatchObject({
    data: shell.path("d"),
    store: "nats://127.0.0.1:4222",
    drain_timeout: "1m30s",
    log_level: "debug",
    output: "text",
    http: { listen: "127.0.0.1:7890", tokens: [{ name: "ci", scopes: ["read"] }] },
    exec: { stop_grace: "5s", environment: expect.arrayContaining(["TOKEN"]) },
  });
  const json = await shell.runWith({ environment }, "config", "show", "--data", "d", "--json");
  expect(JSON.parse(json.stdout)).toEqual({ ...settings, output: "json" });
});

it("check: says that a file is valid, or what is wrong with it and where", async () => {
  await writeFile(shell.path("good.yaml"), "log_level: debug\n");
  await writeFile(shell.path("bad.yaml"), "log_levl: debug\nexec: { concurrency: none }\n");
  expect(await shell.run("config", "check", "good.yaml")).toMatchObject({
    status: 0,
    stdout: `${shell.path("good.yaml")} is valid\n`,
  });
  const bad = await shell.run("config", "check", "bad.yaml");
  expect(bad.status).toBe(2);
  expect(bad.stderr).toContain("bad.yaml:1:1");
  expect(bad.stderr).toContain("log_level");
  expect(bad.stderr).toContain("bad.yaml:2:");
  expect(await shell.run("config", "check", "none.yaml")).toMatchObject({ status: 2 });
});

it("check: without a file there is nothing wrong", async () => {
  await using empty = await Shell.create();
  expect(await empty.run("config", "check")).toMatchObject({
    status: 0,
    stdout: "there is no config file; the defaults are used\n",
  });
});

it("example: explains every line there can be, sets none, and is valid", async () => {
  const { stdout } = await shell.run("config", "example");
  const names = (schema: { properties?: Record<string, object> }, indent: string): void => {
    for (const [name, property] of Object.entries(schema.properties ?? {})) {
      expect(stdout).toMatch(new RegExp(`^#${indent}${name}:`, "m"));
      names(property, `${indent}  `);
    }
  };
  names(configSchema, "");
  expect(stdout.split("\n").filter((line) => line !== "" && !line.startsWith("#"))).toEqual([]);
  await writeFile(shell.path("example.yaml"), stdout);
  expect(await shell.run("config", "check", "example.yaml")).toMatchObject({ status: 0 });
  const set = stdout.replace(/^#drain_timeout:/m, "drain_timeout:").replace(/^#log_level:/m, "log_level:");
  await writeFile(shell.path("set.yaml"), set);
  expect(await shell.run("config", "check", "set.yaml")).toMatchObject({ status: 0 });
});
