/** From the link that the built daemon prints to a session, and on over its death. */
import { EventEmitter, once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { expect, it, onTestFinished } from "vitest";
import { loadConfig } from "../../src/config/config.ts";
import { runDaemon } from "../../src/foreground.ts";
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

async function linkOf(daemon: DaemonProcess): Promise<URL> {
  const [link = ""] = /http:\/\/127\.0\.0\.1:\d+\/\?token=\S+/.exec(await daemon.greeted) ?? [];
  return new URL(link);
}

it("the link signs in, the session outlives the daemon, and no log holds the token", async () => {
  const at = await place();
  const first = start(at, "--http", "127.0.0.1:0");
  const link = await linkOf(first);
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
  const newLink = await linkOf(second);
  expect(await machines(newLink, { cookie })).toBe(200);
  expect(await machines(newLink, { authorization: `Bearer ${token}` })).toBe(401);

  const log = first.log() + second.log();
  expect(log).toContain('"level":');
  for (const secret of [token, newLink.searchParams.get("token") ?? "", cookie.split("=")[1] ?? ""]) {
    expect(secret.length).toBeGreaterThan(40);
    expect(log).not.toContain(secret);
  }
});

it("with --json a program gets the link as JSON", async () => {
  const { workingDirectory } = await place();
  const flags = { http: "127.0.0.1:0", json: true, logLevel: "error" };
  const config = await loadConfig({ flags, environment: {}, workingDirectory });
  const [stdout, stderr, signals] = [new PassThrough(), new PassThrough(), new EventEmitter()];
  const ended = runDaemon(config, { stdout, stderr, workingDirectory, signals, reread: () => config });
  const [line] = await once(stdout, "data");
  expect(JSON.parse(String(line))).toEqual({
    signIn: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/\?token=mch_/),
  });
  signals.emit("SIGTERM");
  expect(await ended).toBe(0);
});

it("SIGHUP starts anew: another link, and the session goes on", async () => {
  const at = await place();
  const port = await freePort();
  const daemon = start(at, "--http", `127.0.0.1:${port}`);
  const link = await linkOf(daemon);
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
