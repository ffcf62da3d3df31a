/** `list`: filters, formats and --watch, against a whole daemon. */
import { EventEmitter } from "node:events";
import { expect, it } from "vitest";
import { parse } from "yaml";
import { runningDaemon } from "../../http/surfaces.ts";
import { yaml } from "../../supervisor/supervise.ts";
import { Shell } from "../shell.ts";

const broken = "name: web-broken\nversion: 1.0.0\n";

async function machines() {
  const files = { "a.yaml": yaml("web-a"), "b.yaml": yaml("web-b"), "c.yaml": yaml("db"), "d.yaml": broken };
  const running = await runningDaemon(files);
  await running.ask("POST", "/v1/machines/web-b/transition", { transition: "go" });
  const shell = new Shell(running.directory);
  return { ...running, run: (...argv: string[]) => shell.run(...argv), shell };
}

it("shows the machines that match name, state and health", async () => {
  const { run } = await machines();
  const names = async (...argv: string[]) =>
    (await run("list", ...argv, "-o", "name")).stdout.trim().split("\n");
  expect(await names()).toEqual(["d", "db", "web-a", "web-b"]);
  expect(await names("web-*")).toEqual(["web-a", "web-b"]);
  expect(await names("web-?", "--state", "B")).toEqual(["web-b"]);
  expect(await names("--state", "A", "B")).toEqual(["db", "web-a", "web-b"]);
  expect(await names("--failing")).toEqual(["d"]);
  expect(await names("db")).toEqual(["db"]);
  // Not a regular expression.
  expect(await names("web.a")).toEqual([""]);
  expect(await run("list", "x*")).toMatchObject({ status: 0, stderr: "none of 4 machines matches\n" });
});

it("prints one list in every format", async () => {
  const { run, ask } = await machines();
  const { body } = await ask("GET", "/v1/machines");
  const [, db] = body;
  const json = await run("list", "db", "--json");
  expect(JSON.parse(json.stdout)).toMatchObject([{ name: "db", state: "A", since: db.since }]);
  expect((await run("list", "db", "-o", "json")).stdout).toBe(json.stdout);
  const lines = (await run("list", "web-*", "-o", "jsonl")).stdout.trim().split("\n");
  expect(lines.map((line) => JSON.parse(line).name)).toEqual(["web-a", "web-b"]);
  const text = (await run("list", "db", "-o", "yaml")).stdout;
  expect(text).toMatch(/^---\n- name: db\n/);
  expect(parse(text)).toEqual(JSON.parse(json.stdout));
  const wide = await run("list", "db", "-o", "wide");
  expect(wide.stdout).toMatch(/│ Active Watchers │ Paused By │ File /);
  expect(wide.stdout).toMatch(/│ alarm +│ +│ .*\/c\.yaml │/);
});

it("is set by the environment and the config file, and -o wins", async () => {
  const { shell } = await machines();
  const environment = { MACHINIST_OUTPUT: "name" };
  expect((await shell.runWith({ environment }, "list", "db")).stdout).toBe("db\n");
  const both = await shell.runWith({ environment }, "list", "db", "-o", "jsonl");
  expect(JSON.parse(both.stdout)).toMatchObject({ name: "db" });
  const json = await shell.runWith({ environment }, "list", "db", "--json");
  expect(JSON.parse(json.stdout)).toMatchObject([{ name: "db" }]);
});

it("refuses formats that do not fit", async () => {
  const { run } = await machines();
  expect(await run("list", "-o", "xml")).toMatchObject({
    status: 2,
    stderr: expect.stringContaining("Allowed choices are text, wide, name, json, jsonl, yaml."),
  });
  expect(await run("list", "--json", "-o", "yaml")).toMatchObject({ status: 2 });
  expect(await run("history", "web-b", "-o", "name")).toMatchObject({
    status: 2,
    stderr: expect.stringContaining("-o name: found a result without a name"),
  });
  const failed = await run("show", "nobody", "-o", "jsonl");
  expect(JSON.parse(failed.stderr)).toMatchObject({ error: { code: "MACHINE_NOT_FOUND" } });
});

it("--watch: all that match, then each that changes", async () => {
  const { shell, ask } = await machines();
  const signals = new EventEmitter();
  let went: Promise<unknown> | undefined;
  const onStdout = (text: string): void => {
    const lines = text.split("\n").filter(Boolean);
    if (lines.length === 2) went ??= ask("POST", "/v1/machines/web-a/transition", { transition: "go" });
    if (lines.length === 3) signals.emit("SIGINT");
  };
  const { stdout, status } = await shell.runWith(
    { signals, onStdout },
    "list",
    "web-*",
    "--watch",
    "-o",
    "jsonl",
  );
  await went;
  expect(status).toBe(0);
  const seen = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(seen.map(({ name, state }) => [name, state])).toEqual([
    ["web-a", "A"],
    ["web-b", "B"],
    ["web-a", "B"],
  ]);
  expect(seen[0]).not.toHaveProperty("change");
});

it("--watch prints the table again", async () => {
  const { shell, ask } = await machines();
  const signals = new EventEmitter();
  let went: Promise<unknown> | undefined;
  const onStdout = (text: string): void => {
    if (text.includes("web-a")) went ??= ask("POST", "/v1/machines/web-a/transition", { transition: "go" });
    if (/web-a .*│ B /.test(text)) signals.emit("SIGINT");
  };
  const { stdout } = await shell.runWith({ signals, onStdout }, "list", "web-a", "--watch");
  await went;
  expect(stdout.match(/│ Name/g)?.length).toBeGreaterThan(1);
});
