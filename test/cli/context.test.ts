/** Contexts, and every command that talks to a daemon over HTTPS with a token. */
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { hashOfToken, newToken } from "../../src/lib/token.ts";
import { runningDaemon } from "../http/surfaces.ts";
import { yaml } from "../supervisor/supervise.ts";
import { runProgram } from "./program.ts";

const fixtures = join(import.meta.dirname, "../http/fixtures");

/** A user somewhere else, with no daemon and no store there. */
async function user() {
  const home = await mkdtemp(join(tmpdir(), "machinist-context-"));
  onTestFinished(() => rm(home, { recursive: true, force: true }));
  const run = (...argv: string[]) => runProgram({ directory: home, environment: { HOME: home } }, ...argv);
  const runWith = (environment: Record<string, string>, ...argv: string[]) =>
    runProgram({ directory: home, environment: { HOME: home, ...environment } }, ...argv);
  return { home, run, runWith };
}

/** A daemon on HTTPS, and a user who has a token for it in a file. */
async function farDaemon() {
  const token = newToken();
  const tls = `{ cert: '${fixtures}/server.pem', key: '${fixtures}/server.key.pem' }`;
  const tokens = `[{ name: ops, hash: '${hashOfToken(token)}', scopes: [admin] }]`;
  const far = await runningDaemon(
    { "m.yaml": yaml("m") },
    `http: { listen: '127.0.0.1:0', tokens: ${tokens}, tls: ${tls} }`,
  );
  const here = await user();
  const tokenFile = join(here.home, "token");
  await writeFile(tokenFile, `${token}\n`, { mode: 0o600 });
  return { ...here, far, url: far.daemon.url ?? "", tokenFile, ca: join(fixtures, "ca.pem") };
}

it("context: commands reach a daemon over HTTPS with a token", async () => {
  const { run, url, ca, far } = await farDaemon();
  const saved = await run("context", "save", "far", "--url", url, "--token-file", "token", "--ca", ca);
  expect(saved).toMatchObject({ status: 0, stderr: "" });
  expect(await run("context", "select", "far")).toMatchObject({ status: 0 });
  expect((await run("list", "-o", "name")).stdout).toBe("m\n");
  expect(JSON.parse((await run("show", "m", "--json")).stdout)).toMatchObject({ name: "m", state: "A" });
  expect(await run("transition", "m", "go")).toMatchObject({ status: 0, stdout: "m: go, A to B\n" });
  expect(await run("wait", "m", "--state", "B", "--timeout", "10s")).toMatchObject({ status: 0 });
  expect((await run("history", "m")).stdout).toContain("token ops from 127.0.0.1");
  expect((await run("events", "m")).stdout).toContain("m: go, A to B");
  expect(await run("data", "m", "set", "k", "1")).toMatchObject({ status: 0 });
  expect((await run("data", "m", "get", "k")).stdout).toBe("1\n");
  expect(await run("pause", "m")).toMatchObject({ status: 0 });
  expect(await run("resume", "m")).toMatchObject({ status: 0 });
  expect(await run("reset", "m", "-f")).toMatchObject({ status: 0 });
  expect((await run("status")).status).toBe(0);
  expect(JSON.parse((await run("facts", "--json")).stdout)).toEqual({});
  expect((await run("graph", "m", "--format", "mermaid")).stdout).toContain("stateDiagram");
  expect(far.daemon.supervisor.machine("m").state).toBe("A");
});

it("context: a daemon without a trusted certificate, a token or an answer is reported with what to do", async () => {
  const { run, url, ca, home } = await farDaemon();
  await run("context", "save", "far", "--url", url, "--token-file", "token");
  expect(await run("list", "--context", "far")).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(/no daemon answers at https:.*certificate.*--ca FILE/),
  });
  await writeFile(join(home, "wrong"), newToken());
  await run("context", "save", "far", "--url", url, "--token-file", "wrong", "--ca", ca);
  expect(await run("list", "--context", "far")).toMatchObject({ status: 1 });
  expect((await run("list", "--context", "far", "--json")).stderr).toContain("UNAUTHENTICATED");
  expect(await run("list", "--context", "far", "--token-file", "none")).toMatchObject({
    status: 3,
    stderr: expect.stringContaining("token: file"),
  });
  expect(await run("list", "--url", "https://127.0.0.1:1")).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(
      /no daemon answers at https:\/\/127\.0\.0\.1:1 \(.*ECONNREFUSED.*check the address/,
    ),
  });
  expect(await run("reset", "m", "-f", "--url", "https://127.0.0.1:1")).toMatchObject({ status: 1 });
});

it("context: a command on a store does not take the local one for that of a daemon elsewhere", async () => {
  const { run, home } = await user();
  await run("kv", "add", "LOCAL");
  await run("context", "save", "far", "--url", "https://127.0.0.1:1");
  expect(await run("kv", "ls", "--context", "far")).toMatchObject({
    status: 2,
    stderr: expect.stringContaining(
      "only a daemon is named: https://127.0.0.1:1. Name its store with --store",
    ),
  });
  expect(await run("logs", "m", "--context", "far")).toMatchObject({
    status: 6,
    stderr: expect.stringContaining("logs reads files of this host"),
  });
  await run("context", "save", "far", "--url", "https://127.0.0.1:1", "--store", "lmdb:shared");
  expect(await run("kv", "add", "SHARED", "--context", "far")).toMatchObject({ status: 0 });
  expect((await run("kv", "ls", "-n", "--store", join(home, "shared"))).stdout).toBe("SHARED\n");
});

it("context: a flag goes before the named context, that before variables, those before the selected one", async () => {
  const { run, runWith, home } = await user();
  for (const name of ["one", "two", "three", "four"]) {
    await run("kv", "add", name.toUpperCase(), "--data", name);
    await run("context", "save", name, "--data", name);
  }
  const bucket = async (environment: Record<string, string>, ...argv: string[]) =>
    (await runWith(environment, "kv", "ls", "-n", ...argv)).stdout;
  await run("context", "select", "one");
  expect(await bucket({})).toBe("ONE\n");
  const variable = { MACHINIST_DATA: join(home, "two") };
  expect(await bucket(variable)).toBe("TWO\n");
  expect(await bucket(variable, "--context", "three")).toBe("THREE\n");
  expect(await bucket({ ...variable, MACHINIST_CONTEXT: "three" })).toBe("THREE\n");
  expect(await bucket(variable, "--context", "three", "--data", "four")).toBe("FOUR\n");
  await run("context", "unselect");
  expect(await run("kv", "ls")).toMatchObject({ status: 3 });
});

it("context ls, select, rm: show and change what there is, and name what there is not", async () => {
  const { run, home } = await user();
  expect((await run("context", "ls")).stderr).toContain("no contexts; save one");
  await run(
    "context",
    "save",
    "prod",
    "--store",
    "nats://u:hidden-word@127.0.0.1:4222",
    "--description",
    "the hub",
  );
  await run("context", "save", "dev", "--data", "dev");
  await run("context", "select", "prod");
  const { stdout } = await run("context", "ls");
  expect(stdout).toMatch(/│ \* +│ prod +│ +│ nats:\/\/127\.0\.0\.1:4222 │ +│ the hub/);
  expect(stdout).not.toContain("hidden-word");
  expect(JSON.parse((await run("context", "ls", "--json")).stdout)).toMatchObject([
    { name: "dev", selected: false, data: join(home, "dev") },
    { name: "prod", selected: true },
  ]);
  const file = join(home, ".config", "machinist", "contexts", "prod.json");
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(await run("kv", "ls", "--context", "prd")).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('there is no context "prd", did you mean "prod"?'),
  });
  await writeFile(file, "{");
  expect(await run("list")).toMatchObject({
    status: 2,
    stderr: expect.stringContaining(`context file ${file}`),
  });
  expect(await run("context", "rm", "prod")).toMatchObject({ status: 0 });
  expect(await run("list")).toMatchObject({
    status: 1,
    stderr: expect.stringContaining("no daemon answers"),
  });
  expect(await run("context", "select", "prod")).toMatchObject({ status: 2 });
});

it.each([
  [["save", "a/b", "--data", "d"], "expected letters, digits, - and _"],
  [["save", "a"], "give at least one of --url, --store and --data"],
  [["save", "a", "--url", "ftp://x"], "expected https://HOST:PORT or http://HOST:PORT"],
  [["save", "a", "--url", "https://u:p@x"], "a login, query or fragment has no meaning"],
  [["save", "a", "--url", "http://far:1", "--token-file", "t"], "in clear text; use https"],
  [["save", "a", "--url", "https://x", "--cert", "c"], "--cert and --key belong together"],
])("context %j is refused", async (argv, message) => {
  const { run } = await user();
  expect(await run("context", ...argv)).toMatchObject({
    status: 2,
    stderr: expect.stringContaining(message),
  });
});
