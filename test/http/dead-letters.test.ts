import { expect, it } from "vitest";
import { openQueueBucket } from "../../src/topics/buckets.ts";
import { publishMessage } from "../../src/topics/messages.ts";
import { putDeadMessage } from "./dead-message.ts";
import { runningDaemon } from "./surfaces.ts";

const nobody = (id: string) => ({
  status: 404,
  body: {
    error: {
      code: "KEY_NOT_FOUND",
      message: `there is no message "${id}"; \`machinist topics ls\` shows which wait`,
    },
  },
});

it("messages that were given up on are shown, called again, or dropped", async () => {
  const { ask, daemon } = await runningDaemon();
  const ids = async () => (await ask("GET", "/v1/dead-letters")).body.map(({ id }: { id: string }) => id);
  expect(await ids()).toEqual([]);
  await putDeadMessage(daemon.store, "send", "first");
  await putDeadMessage(daemon.store, "send", "second");
  const queue = await openQueueBucket(daemon.store);
  await publishMessage(queue, "send", { data: "waits only", published: 1 });
  expect((await ask("GET", "/v1/dead-letters")).body[0]).toEqual({
    id: "send.first",
    topic: "send",
    data: { hello: "first" },
    published: Date.UTC(2026, 0, 2),
    waiting: { log: { attempts: 20, calls: 20, error: "Error: not yet", dead: true } },
  });
  expect(await ask("POST", "/v1/dead-letters/send.first/retry")).toMatchObject({ status: 204 });
  expect(await ids()).toEqual(["send.second"]);
  expect((await queue.get("message.send.first"))?.json()).toMatchObject({
    waiting: { log: { attempts: 0 } },
  });
  expect(await ask("DELETE", "/v1/dead-letters/send.second")).toMatchObject({ status: 204 });
  expect(await ids()).toEqual([]);
  expect(await queue.get("message.send.second")).toBeNull();
});

it("a message that is not there, also where there never was one", async () => {
  const { ask, daemon } = await runningDaemon();
  for (const prepare of [() => undefined, () => putDeadMessage(daemon.store, "send", "other")]) {
    await prepare();
    expect(await ask("POST", "/v1/dead-letters/send.gone/retry")).toMatchObject(nobody("send.gone"));
    expect(await ask("DELETE", "/v1/dead-letters/send.gone")).toMatchObject(nobody("send.gone"));
  }
});
