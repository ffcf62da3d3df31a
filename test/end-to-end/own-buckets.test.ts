/** Items 1 to 4 of what was found from outside, against the built daemon: tokens reach nothing of its own, and neither does a repair by hand. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it, onTestFinished } from "vitest";
import { hashOfToken } from "../../src/lib/token.ts";
import { bin } from "../cli/program.ts";
import { yaml } from "../supervisor/supervise.ts";
import { startDaemonProcess } from "./kill/daemon-process.ts";

const token = "full-of-rights";
const config = `
http:
  listen: 127.0.0.1:0
  tokens:
    - name: robot
      hash: ${hashOfToken(token)}
      scopes: [read, write, admin]
`;

async function layOut() {
  const workingDirectory = await mkdtemp(join(tmpdir(), "machinist-own-"));
  onTestFinished(() => rm(workingDirectory, { recursive: true, force: true }));
  const dropDirectory = join(workingDirectory, "machines");
  await mkdir(dropDirectory);
  await writeFile(join(dropDirectory, "m.yaml"), yaml("m"));
  await writeFile(join(workingDirectory, "machinist.yaml"), config);
  return { workingDirectory, dropDirectory, dataDirectory: join(workingDirectory, "data") };
}

async function start(layout: Awaited<ReturnType<typeof layOut>>) {
  const daemon = startDaemonProcess(layout);
  onTestFinished(async () => {
    daemon.kill("SIGKILL");
    await daemon.ended;
  });
  const url = /http:\/\/127\.0\.0\.1:\d+/.exec(await daemon.greeted)?.[0];
  const ask = async (method: string, path: string, body?: unknown) => {
    const authorization = `Bearer ${token}`;
    const answer = await fetch(
      `${url}${path}`,
      body === undefined
        ? { method, headers: { authorization } }
        : {
            method,
            headers: { authorization, "content-type": "application/json" },
            body: JSON.stringify(body),
          },
    );
    return { status: answer.status, body: JSON.parse(await answer.text()) };
  };
  const run = (...argv: string[]) => {
    const flags = ["--data", layout.dataDirectory];
    return promisify(execFile)(process.execPath, [bin, ...argv, ...flags], { cwd: layout.workingDirectory });
  };
  return { ...daemon, ask, run };
}

it("forging a machine file, reading its secrets, moving a machine and removing its bucket are refused to any token", async () => {
  const { ask, run, kill, ended } = await start(await layOut());
  const file = createHash("sha256").update(yaml("m")).digest("hex");
  const before = (await ask("GET", "/v1/machines/m")).body;
  for (const [method, path, body] of [
    ["PUT", `machinist-documents/entries/${file}`, { value: "{}" }],
    ["GET", `machinist-documents/entries/${file}`],
    ["PUT", "machinist-machines/entries/m", { value: '{"state":"B"}' }],
    ["DELETE", "machinist-machines"],
  ] as const) {
    const answer = await ask(method, `/v1/kv/${path}`, body);
    expect([method, path, answer.status, answer.body.error?.code]).toEqual([
      method,
      path,
      400,
      "INVALID_BUCKET",
    ]);
  }
  expect((await ask("GET", "/v1/machines/m")).body).toEqual(before);
  await run("transition", "m", "go");
  expect((await ask("GET", "/v1/machines/m")).body).toMatchObject({ state: "B", health: "running" });
  kill("SIGTERM");
  expect(await ended).toBe(0);
});

it("states survive SIGKILL after the local user wrote over a record and removed its bucket", async () => {
  const layout = await layOut();
  const first = await start(layout);
  await first.run("transition", "m", "go");
  await first.run("kv", "--internal", "put", "machinist-machines", "m", '{"state":"A"}');
  await first.logged("the machine wrote its own back");
  await first.run("kv", "--internal", "rm", "-f", "machinist-machines");
  await first.logged("the running machines write their records again");
  expect((await first.ask("GET", "/v1/machines/m")).body).toMatchObject({ state: "B", health: "running" });
  await first.run("transition", "m", "back");
  await first.run("transition", "m", "go");
  expect((await first.ask("GET", "/readyz")).status).toBe(200);
  first.kill("SIGKILL");
  await first.ended;
  const second = await start(layout);
  expect((await second.ask("GET", "/v1/machines/m")).body).toMatchObject({ state: "B" });
  second.kill("SIGTERM");
  expect(await second.ended).toBe(0);
});
