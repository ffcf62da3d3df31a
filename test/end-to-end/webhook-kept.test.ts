/** Webhooks of the real daemon: none is lost by kill -9, by edits of the machine's file or by a stop of the daemon. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { type DaemonProcess, startDaemonProcess } from "./kill/daemon-process.ts";
import { secret, senderTo } from "./webhook-sender.ts";

const machine = `
name: m
version: 1.0.0
initial_state: BUSY
transitions:
  - { name: finish, from: [BUSY], destination: FREE }
  - { name: take, from: [FREE], destination: BUSY }
watchers:
  - { name: push, type: webhook, state_match: [FREE], success_transition: take,
      properties: { secret: ${secret}, store: push, when_inactive: keep } }
`;

async function daemonWith(text: string) {
  const workingDirectory = await mkdtemp(join(tmpdir(), "machinist-webhook-"));
  const dropDirectory = join(workingDirectory, "machines");
  const dataDirectory = join(workingDirectory, "data");
  await mkdir(dropDirectory);
  const write = (changed: string) => writeFile(join(dropDirectory, "m.yaml"), changed);
  await write(text);
  let daemon: DaemonProcess | undefined;
  onTestFinished(async () => {
    daemon?.kill("SIGKILL");
    await daemon?.ended;
    await rm(workingDirectory, { recursive: true, force: true });
  });
  const start = async (): Promise<DaemonProcess> => {
    daemon = startDaemonProcess({ workingDirectory, dropDirectory, dataDirectory });
    await daemon.greeted;
    return daemon;
  };
  return { start, write, ...senderTo(dataDirectory) };
}

it("a delivery for an inactive watcher is fired once after a kill -9 and a restart", async () => {
  const { start, send, fire, ask } = await daemonWith(machine);
  let daemon = await start();
  expect(await send("1")).toMatchObject({ status: 202, body: { outcome: "stored" } });
  daemon.kill("SIGKILL");
  await daemon.ended;
  daemon = await start();
  expect(await send("1")).toMatchObject({ status: 200, body: { outcome: "duplicate" } });
  expect((await fire("finish")).status).toBe(200);
  await daemon.logged("FREE → BUSY");
  expect((await ask("GET", "/v1/machines/m/data")).body).toEqual({ push: { ref: "main" } });
  expect((await fire("finish")).status).toBe(200);
  expect(await send("1")).toMatchObject({ status: 200, body: { outcome: "duplicate" } });
  expect((await ask("GET", "/v1/machines/m")).body).toMatchObject({ state: "FREE" });
});

const flipping = (version: number, more = "") => `
name: m
version: 1.0.${version}
initial_state: A
${more}
transitions:
  - { name: flip, from: [A], destination: B }
  - { name: flip, from: [B], destination: A }
watchers:
  - { name: push, type: webhook, success_transition: flip, properties: { secret: ${secret} } }
`;

it("each of 60 deliveries fires while the machine's file is edited again and again", async () => {
  const { start, write, send, ask } = await daemonWith(flipping(0, "rate_limit: false"));
  await start();
  const outcomes: unknown[] = [];
  for (let id = 0; id < 60; id += 3) {
    const edited = write(flipping(id + 1, "rate_limit: false"));
    const answers = await Promise.all([id, id + 1, id + 2].map((one) => send(String(one))));
    outcomes.push(...answers.map(({ status, body }) => [status, body]));
    await edited;
  }
  expect(outcomes).toEqual(Array(60).fill([200, { outcome: "received" }]));
  const { body } = await ask("GET", "/v1/machines/m");
  expect(body).toMatchObject({ counters: { transitions: 60 } });
});

it("a delivery that waits while the daemon stops is answered 503 with Retry-After, and may come again", async () => {
  const { start, send, ask } = await daemonWith(flipping(0, "rate_limit: { delays: [1h] }"));
  let daemon = await start();
  const waiting = send("1");
  await expect
    .poll(async () => (await ask("GET", "/v1/machines/m")).body)
    .toMatchObject({ delayed: { transition: "flip" } });
  daemon.kill("SIGTERM");
  expect(await waiting).toMatchObject({
    status: 503,
    headers: { "retry-after": "10" },
    body: {
      error: {
        code: "STOPPED",
        message: "the daemon is stopping: the delivery is not confirmed. Send it again",
      },
    },
  });
  expect(await daemon.ended).toBe(0);
  daemon = await start();
  expect((await ask("GET", "/v1/machines/m")).body).toMatchObject({ state: "A" });
});
