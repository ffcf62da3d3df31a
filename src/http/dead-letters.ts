/** `/v1/dead-letters`: messages of topics whose handlers have failed too often. There also where no handlers run. */
import { Type } from "typebox";
import type { Bucket, Store } from "../kv/store.ts";
import { existingQueueBucket } from "../topics/buckets.ts";
import { dropMessage, listDeadMessages, noMessage, retryMessage } from "../topics/messages.ts";
import type { App, Routes } from "./routes.ts";

const tags = ["topics"];
const writes = { config: { scope: "write" } } as const;
const done = { 204: Type.Null() };
const ofMessage = Type.Object({ id: Type.String({ description: "TOPIC.MESSAGE" }) });

const delivery = Type.Object({
  attempts: Type.Integer({ description: "Calls that failed, since the last retry" }),
  calls: Type.Integer({ description: "All calls that failed: the number in the next MACHINE_RUN_ID" }),
  at: Type.Optional(Type.Number({ description: "When it is called again, in ms since 1970" })),
  error: Type.Optional(Type.String({ description: "What went wrong last" })),
  dead: Type.Optional(Type.Literal(true)),
});

const deadLetter = Type.Object({
  id: Type.String(),
  topic: Type.String(),
  data: Type.Unknown(),
  published: Type.Number({ description: "In ms since 1970" }),
  lane: Type.Optional(Type.String()),
  waiting: Type.Record(Type.String(), delivery, { description: "By subscriber" }),
});

export function deadLetterRoutes(store: Store): Routes {
  return (app) => {
    app.get(
      "/v1/dead-letters",
      {
        config: { scope: "read" },
        schema: {
          tags,
          summary: "Messages that handlers have given up on, oldest first",
          response: { 200: Type.Array(deadLetter) },
        },
      },
      async () => {
        const queue = await existingQueueBucket(store);
        const found = queue ? await listDeadMessages(queue) : [];
        return found.map(({ id, message }) => ({ id, ...message }));
      },
    );
    addChanges(app, store);
  };
}

function addChanges(app: App, store: Store): void {
  const change = async (id: string, verb: (queue: Bucket, id: string) => Promise<void>): Promise<void> => {
    const queue = await existingQueueBucket(store);
    if (!queue) throw noMessage(id);
    await verb(queue, id);
  };
  app.post(
    "/v1/dead-letters/:id/retry",
    {
      ...writes,
      schema: { tags, summary: "Its handlers are called again", params: ofMessage, response: done },
    },
    async ({ params }, reply) => {
      await change(params.id, retryMessage);
      return reply.code(204).send();
    },
  );
  app.delete(
    "/v1/dead-letters/:id",
    { ...writes, schema: { tags, summary: "Given to nobody any more", params: ofMessage, response: done } },
    async ({ params }, reply) => {
      await change(params.id, dropMessage);
      return reply.code(204).send();
    },
  );
}
