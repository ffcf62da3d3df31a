/** Less on the built daemon: a project as its users have it, writers in processes of their own, and a daemon that is killed. */
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { ShippedDaemon } from "./shipped-daemon.ts";

const root = join(import.meta.dirname, "../..");

const files: Readonly<Record<string, string>> = {
  "less/topics/kvs_created/index.js": `exports.process = async (data) => {
    const { key, new_value } = data;
    require("node:fs").appendFileSync("created", JSON.stringify([key, new_value]) + "\\n");
  };`,
  "less/topics/kvs_updated/greet/__init__.py": [
    "from less import kvs, topics",
    "def process(data):",
    // What is made of a greeting is an update too: with that it would never end.
    "    if data['key'] == 'name':",
    "        topics.greeted.publish([data.get('old_value'), kvs.get('name')])",
    "",
  ].join("\n"),
  "less/topics/greeted/log/index.mjs": `import { kvs } from "machinist";
    export const process = (pair) => kvs.set("greeted", pair);`,
  "write.mjs": `import { kvs, topics } from "machinist";
    await kvs.set("name", process.argv[2]);
    if (process.argv[3]) await topics.greeted.publish(process.argv[3]);`,
  "read.mjs": `import { kvs } from "machinist"; console.log(JSON.stringify(await kvs.get(process.argv[2])));`,
};

it("writers need no daemon, handlers run when there is one, and kill -9 loses nothing", async () => {
  await using daemon = await ShippedDaemon.begin("machines");
  const { directory } = daemon;
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), text);
  }
  mkdirSync(join(directory, "node_modules"));
  symlinkSync(root, join(directory, "node_modules/machinist"));
  const node = async (...argv: string[]): Promise<string> => {
    const { stdout } = await promisify(execFile)(process.execPath, argv, { cwd: directory, timeout: 60_000 });
    return stdout.trim();
  };

  await daemon.kill();
  await daemon.start();
  await node("write.mjs", "Cesária");
  await daemon.kill();
  await node("write.mjs", "Mayra");
  await daemon.start();

  await valueBecomes(() => node("read.mjs", "greeted"), '["Cesária","Mayra"]');
  // At least once: the first daemon may have been killed while the handler ran.
  const created = () => new Set(readFileSync(join(directory, "less/created"), "utf8").trim().split("\n"));
  await expect.poll(created).toEqual(new Set(['["name","Cesária"]', '["greeted",["Cesária","Mayra"]]']));
  await valueBecomes(async () => (await daemon.shell("npx machinist topics ls --json")).stdout.trim(), "[]");

  await node("write.mjs", "Mayra", "hello");
  // The update and what is published are handled in any order.
  await valueBecomes(() => node("read.mjs", "greeted"), '"hello"', '["Mayra","Mayra"]');
  expect(await daemon.stop()).toBe(0);
  expect(existsSync(join(directory, ".machinist/machinist.sock"))).toBe(false);
}, 150_000);

it("the programs and the commands of the page for Less's users do what it says", async () => {
  const page = readFileSync(join(root, "src/topics/README.md"), "utf8");
  const block = (language: string): string =>
    new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, "ms").exec(page)?.[1] ?? "";
  await using daemon = await ShippedDaemon.begin("machines");
  const { directory } = daemon;
  const handlers = {
    "topics/kvs_created/index.js": `exports.process = async ({ key }) => { ${noted("key")} };`,
    "topics/user_created/index.js": `exports.process = async (user) => { ${noted("user.id")} };`,
    "topics/broken/index.js": "exports.process = () => { throw new Error('never'); };",
    "machinist.yaml": "topics: { attempts: 1 }",
    "program.mjs": block("js"),
    "program.py": block("python"),
    "break.mjs": `import { topics } from "machinist"; await topics.broken.publish(process.argv[2]);`,
  };
  for (const [name, text] of Object.entries(handlers)) {
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), text);
  }
  mkdirSync(join(directory, "node_modules"));
  symlinkSync(root, join(directory, "node_modules/machinist"));
  await daemon.kill();
  await daemon.start();
  // Without bytecode: it would be left beside the module.
  const python =
    "PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=node_modules/machinist/src/topics/python MACHINIST_SOCKET=.machinist/machinist.sock";
  const run = async (line: string): Promise<string> => {
    const { exitCode, stdout, stderr } = await daemon.shell(line);
    expect({ line, exitCode, stderr }).toMatchObject({ line, exitCode: 0 });
    return `${stdout}${stderr}`.trim();
  };
  await run("node program.mjs");
  await run(`${python} python3 program.py`);
  const notes = async (): Promise<string> =>
    (await run("touch notes && cat notes")).split("\n").sort().join(" ");
  await valueBecomes(notes, "1 artists name session");

  // As they stand in the text, with the id of a message for ID.
  const commands = [...page.matchAll(/`(machinist topics [^`]+)`/g)].map(([, command]) => `npx ${command}`);
  expect(commands).toEqual([
    "npx machinist topics ls --dead",
    "npx machinist topics retry ID",
    "npx machinist topics drop ID",
  ]);
  await run("node break.mjs once");
  for (const command of commands) {
    // A message that is given another try fails again.
    await valueBecomes(async () => `${(await deadOf(run)).length}`, "1");
    const [message] = await deadOf(run);
    expect(await run(command.replace("ID", message?.id ?? ""))).toContain(message?.id);
  }
  expect(await deadOf(run)).toEqual([]);
}, 150_000);

/** A statement that appends the value as a line. */
function noted(value: string): string {
  return `require("node:fs").appendFileSync("notes", ${value} + "\\n")`;
}

async function deadOf(run: (line: string) => Promise<string>): Promise<{ readonly id: string }[]> {
  return JSON.parse(await run("npx machinist topics ls --dead --json"));
}

/** Asks until it is one of these: each question is a process of its own, so there is nothing else to wait for. */
async function valueBecomes(ask: () => Promise<string>, ...expected: string[]): Promise<void> {
  await expect.poll(ask, { interval: 0, timeout: 60_000 }).toBeOneOf(expected);
}
