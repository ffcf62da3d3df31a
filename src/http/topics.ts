/** Routes of topics: who handles them, `POST /topics/NAME` as Less has it, and those that the Python module speaks to. */
import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import type { Json } from "../lib/json.ts";
import type { RunningTopics } from "../topics/topics.ts";

const ofKey = {
  querystring: Type.Object({ key: Type.String({ minLength: 1 }) }, { additionalProperties: false }),
};
const itemBody = Type.Object(
  { value: Type.Unknown(), ttl: Type.Optional(Type.Number()) },
  { additionalProperties: false },
);

const tags = ["topics"];
const reads = { config: { scope: "read" } } as const;
const writes = { config: { scope: "write" } } as const;
const done = Type.Object({ key: Type.String() });

const nothingOr = Type.Union([Type.String(), Type.Null()]);
const subscriber = Type.Object({
  name: Type.String({ description: "`.` is the handler in the topic's own folder" }),
  file: nothingOr,
  fault: nothingOr,
});
const topic = Type.Object({ name: Type.String(), subscribers: Type.Array(subscriber) });

interface OfKey {
  Querystring: { key: string };
}

export function topicRoutes(topics: RunningTopics): (app: FastifyInstance) => void {
  return (app) => {
    const listing = {
      ...reads,
      schema: { tags, summary: "Topics and who handles them", response: { 200: Type.Array(topic) } },
    };
    app.get("/v1/topics", listing, () =>
      [...topics.find().topics].map(([name, subscribers]) => ({
        name,
        subscribers: subscribers.map(({ name, file = null, fault = null }) => ({ name, file, fault })),
      })),
    );

    const message = Type.Object({ topic: Type.String(), message: Type.String() });
    const ofTopic = Type.Object({ name: Type.String() });
    const publishing = {
      ...writes,
      schema: { tags, summary: "A message for a topic", params: ofTopic, response: { 202: message } },
    };
    app.post<{ Params: { name: string }; Body: Json }>(
      "/topics/:name",
      publishing,
      async ({ params, body }, reply) => {
        const id = await topics.publish(params.name, body);
        return reply.code(202).send({ topic: params.name, message: id });
      },
    );

    const found = Type.Object({ value: Type.Unknown() });
    const reading = { ...reads, schema: { ...ofKey, tags, summary: "A value", response: { 200: found } } };
    app.get<OfKey>("/v1/less/kvs", reading, async ({ query }) => ({
      value: await topics.kvs.get(query.key),
    }));

    app.put<OfKey & { Body: { value: Json; ttl?: number } }>(
      "/v1/less/kvs",
      {
        ...writes,
        schema: { ...ofKey, tags, summary: "Sets a value", body: itemBody, response: { 200: done } },
      },
      async ({ query, body }) => {
        await topics.kvs.set(query.key, body.value, body.ttl);
        return { key: query.key };
      },
    );

    const deleting = {
      ...writes,
      schema: { ...ofKey, tags, summary: "Deletes a value", response: { 200: done } },
    };
    app.delete<OfKey>("/v1/less/kvs", deleting, async ({ query }) => {
      await topics.kvs.delete(query.key);
      return { key: query.key };
    });
  };
}
