/** A webhook that came while its watcher was inactive survives kill -9 of the real daemon, and fires once. */
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { type IncomingMessage, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { json } from "node:stream/consumers";
import { expect, it, onTestFinished } from "vitest";
import { startDaemonProcess } from "./kill/daemon-process.ts";

const machine = `
name: m
version: 1.0.0
initial_state: BUSY
transitions:
  - { name: finish, from: [BUSY], destination: FREE }
  - { name: take, from: [FREE], destination: BUSY }
watchers:
  - { name: push, type: webhook, state_match: [FREE], success_transition: take,
      properties: { secret: long-enough, store: push, when_inactive: keep } }
`;

it("is fired once after a kill -9 and a restart", async () => {
  const workingDirectory = await mkdtemp(join(tmpdir(), "machinist-webhook-"));
  const dropDirectory = join(workingDirectory, "machines");
  const dataDirectory = join(workingDirectory, "data");
  await mkdir(dropDirectory);
  await writeFile(join(dropDirectory, "m.yaml"), machine);
  const start = () => startDaemonProcess({ workingDirectory, dropDirectory, dataDirectory });
  let daemon = start();
  onTestFinished(async () => {
    daemon.kill("SIGKILL");
    await daemon.ended;
    await rm(workingDirectory, { recursive: true, force: true });
  });
  const socketPath = join(dataDirectory, "machinist.sock");
  const ask = async (method: string, path: string, body?: string, headers: Record<string, string> = {}) => {
    const asking = request({ socketPath, method, path, headers, agent: false });
    asking.end(body);
    const [answer] = (await once(asking, "response")) as [IncomingMessage];
    return { status: answer.statusCode, body: await json(answer) };
  };
  const fire = (transition: string) =>
    ask("POST", "/v1/machines/m/transition", JSON.stringify({ transition }), {
      "content-type": "application/json",
    });
  const send = () => {
    const body = '{"ref":"main"}';
    const signature = createHmac("sha256", "long-enough").update(body).digest("hex");
    return ask("POST", "/v1/machines/m/webhooks/push", body, {
      "x-hub-signature-256": `sha256=${signature}`,
      "x-github-delivery": "1",
    });
  };

  await daemon.greeted;
  expect(await send()).toEqual({ status: 202, body: { outcome: "stored" } });
  daemon.kill("SIGKILL");
  await daemon.ended;
  daemon = start();
  await daemon.greeted;
  expect(await send()).toEqual({ status: 200, body: { outcome: "duplicate" } });
  expect((await fire("finish")).status).toBe(200);
  await daemon.logged("FREE → BUSY");
  expect((await ask("GET", "/v1/machines/m/data")).body).toEqual({ push: { ref: "main" } });
  expect((await fire("finish")).status).toBe(200);
  expect(await send()).toEqual({ status: 200, body: { outcome: "duplicate" } });
  expect((await ask("GET", "/v1/machines/m")).body).toMatchObject({ state: "FREE" });
});
