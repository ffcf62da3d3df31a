/** From the link that the built daemon prints to a session, and on over its death. */
import { spawn } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { expect, it, onTestFinished } from "vitest";
import { loadConfig } from "../../src/config/config.ts";
import { runDaemon } from "../../src/foreground.ts";
import { bin } from "../cli/program.ts";
import { yaml } from "../supervisor/supervise.ts";
import { type DaemonProcess, startDaemonProcess } from "./kill/daemon-process.ts";

async function place() {
  const workingDirectory = await mkdtemp(join(tmpdir(), "machinist-sign-in-"));
  onTestFinished(() => rm(workingDirectory, { recursive: true, force: true }));
  const dropDirectory = join(workingDirectory, "machines");
  await mkdir(dropDirectory);
  await writeFile(join(dropDirectory, "m.yaml"), yaml("m"));
  return { workingDirectory, dropDirectory, dataDirectory: join(workingDirectory, "data") };
}

function start(at: Awaited<ReturnType<typeof place>>, ...flags: string[]): DaemonProcess {
  const daemon = startDaemonProcess({ ...at, flags: ["--log-level", "debug", ...flags] });
  onTestFinished(async () => {
    daemon.kill("SIGKILL");
    await daemon.ended;
  });
  return daemon;
}

it("the link signs in, the session outlives the daemon, and no log holds the token", async () => {
  const at = await place();
  const first = start(at, "--http", "127.0.0.1:0");
  const link = await first.signInLink();
  const token = link.searchParams.get("token") ?? "";
  const followed = await fetch(link, { redirect: "manual" });
  expect([followed.status, followed.headers.get("location")]).toEqual([303, "/"]);
  const cookie = followed.headers.get("set-cookie")?.split(";")[0] ?? "";
  const machines = async (base: URL, headers: Record<string, string>) =>
    (await fetch(new URL("/v1/machines", base), { headers })).status;
  expect(await machines(link, {})).toBe(401);
  expect(await machines(link, { cookie })).toBe(200);
  expect(await machines(link, { authorization: `Bearer ${token}` })).toBe(200);

  first.kill("SIGKILL");
  await first.ended;
  const second = start(at, "--http", "127.0.0.1:0");
  const newLink = await second.signInLink();
  expect(await machines(newLink, { cookie })).toBe(200);
  expect(await machines(newLink, { authorization: `Bearer ${token}` })).toBe(401);

  const log = first.log() + second.log();
  expect(log).toContain('"level":');
  for (const secret of [token, newLink.searchParams.get("token") ?? "", cookie.split("=")[1] ?? ""]) {
    expect(secret.length).toBeGreaterThan(40);
    expect(log).not.toContain(secret);
  }
});

it.each([
  ["without a terminal", false, { signInFile: expect.stringMatching(/\/\.machinist\/sign-in-link$/) }],
  ["on a terminal", true, { signIn: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/\?token=mch_/) }],
])("with --json, %s, a program reads where the link is", async (_, isTTY, expected) => {
  const { workingDirectory } = await place();
  const flags = { http: "127.0.0.1:0", json: true, logLevel: "error" };
  const config = await loadConfig({ flags, environment: {}, workingDirectory });
  const stdout = Object.assign(new PassThrough(), { isTTY });
  const [stderr, signals] = [new PassThrough(), new EventEmitter()];
  const ended = runDaemon(config, { stdout, stderr, workingDirectory, signals, reread: () => config });
  const [line] = await once(stdout, "data");
  expect(JSON.parse(String(line))).toEqual(expected);
  signals.emit("SIGTERM");
  expect(await ended).toBe(0);
});

it("without a terminal the link is only in a file that nobody else can read", async () => {
  const at = await place();
  const daemon = start(at, "--http", "127.0.0.1:0");
  const greeting = await daemon.greeted;
  const link = await daemon.signInLink();
  const file = join(at.dataDirectory, "sign-in-link");
  expect(greeting).toContain(`HTTP on ${link.origin}; the link to sign in with is in the file ${file}\n`);
  expect(greeting + daemon.log()).not.toContain(link.searchParams.get("token"));
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect((await fetch(link, { redirect: "manual" })).status).toBe(303);
  // A file that somebody prepared keeps neither its mode nor its content.
  daemon.kill("SIGKILL");
  await daemon.ended;
  await chmod(file, 0o644);
  const next = start(at, "--http", "127.0.0.1:0");
  expect((await next.signInLink()).search).not.toBe(link.search);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
});

it("on a terminal the link is printed, and a file of an earlier start is gone", async () => {
  const at = await place();
  await mkdir(at.dataDirectory);
  await writeFile(join(at.dataDirectory, "sign-in-link"), "old\n");
  const words = [
    process.execPath,
    bin,
    "run",
    at.dropDirectory,
    "--data",
    at.dataDirectory,
    "--http",
    "127.0.0.1:0",
  ];
  // A pseudo terminal, from util-linux.
  const child = spawn("script", ["-qefc", words.join(" "), "/dev/null"], {
    cwd: at.workingDirectory,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "exit");
  let said = "";
  for await (const chunk of child.stdout.iterator({ destroyOnReturn: false })) {
    said += chunk;
    if (said.includes("Ctrl-C")) break;
  }
  child.stdout.resume();
  const [, link = ""] = /Open in a browser: {2}(\S+)/.exec(said) ?? [];
  const [, pid = ""] = /\(pid (\d+),/.exec(said) ?? [];
  try {
    expect((await fetch(link, { redirect: "manual" })).status).toBe(303);
    expect(existsSync(join(at.dataDirectory, "sign-in-link"))).toBe(false);
  } finally {
    process.kill(Number(pid), "SIGTERM");
  }
  expect(await ended).toEqual([0, null]);
});

it("SIGHUP starts anew: another link, and the session goes on", async () => {
  const at = await place();
  const port = await freePort();
  const daemon = start(at, "--http", `127.0.0.1:${port}`);
  const link = await daemon.signInLink();
  const cookie = (await fetch(link, { redirect: "manual" })).headers.get("set-cookie")?.split(";")[0] ?? "";
  daemon.kill("SIGHUP");
  await daemon.logged("config read again");
  await expect.poll(() => statusOf(link)).toBe(401);
  expect((await fetch(new URL("/v1/session", link), { headers: { cookie } })).status).toBe(200);
});

/** 200 while the token of the link is good, 401 after; undefined while nobody listens. */
async function statusOf(link: URL): Promise<number | undefined> {
  const authorization = `Bearer ${link.searchParams.get("token")}`;
  try {
    return (await fetch(new URL("/v1/machines", link), { headers: { authorization } })).status;
  } catch {
    return undefined;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address ? address.port : 0;
}

it("`npm start` listens for a browser; a port that is taken is said with what to do", async () => {
  const { scripts } = JSON.parse(await readFile(join(import.meta.dirname, "../../package.json"), "utf8"));
  expect(scripts.start).toBe("node dist/src/cli/bin.js run --http 127.0.0.1:7890");
  const other = createServer().listen(0, "127.0.0.1");
  onTestFinished(() => void other.close());
  await once(other, "listening");
  const address = other.address();
  const port = typeof address === "object" && address ? address.port : 0;
  const daemon = start(await place(), "--http", `127.0.0.1:${port}`);
  expect(await daemon.ended).toBe(2);
  expect(daemon.log()).toContain(
    `http.listen: another program has port ${port} of 127.0.0.1; stop that one, or take another port with --http 127.0.0.1:PORT`,
  );
});
