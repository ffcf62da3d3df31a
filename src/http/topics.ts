/** Routes of topics: `POST /topics/NAME` as Less has it, and those that the Python module speaks to. */
import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import type { Json } from "../lib/json.ts";
import type { RunningTopics } from "../topics/topics.ts";

const ofKey = { querystring: Type.Object({ key: Type.String() }, { additionalProperties: false }) };
const itemBody = Type.Object(
  { value: Type.Unknown(), ttl: Type.Optional(Type.Number()) },
  { additionalProperties: false },
);

interface OfKey {
  Querystring: { key: string };
}

export function topicRoutes(topics: RunningTopics): (app: FastifyInstance) => void {
  return (app) => {
    app.post<{ Params: { name: string }; Body: Json }>("/topics/:name", async ({ params, body }, reply) => {
      const id = await topics.publish(params.name, body);
      return reply.code(202).send({ topic: params.name, message: id });
    });

    app.get<OfKey>("/v1/less/kvs", { schema: ofKey }, async ({ query }) => ({
      value: await topics.kvs.get(query.key),
    }));

    app.put<OfKey & { Body: { value: Json; ttl?: number } }>(
      "/v1/less/kvs",
      { schema: { ...ofKey, body: itemBody } },
      async ({ query, body }) => {
        await topics.kvs.set(query.key, body.value, body.ttl);
        return { key: query.key };
      },
    );

    app.delete<OfKey>("/v1/less/kvs", { schema: ofKey }, async ({ query }) => {
      await topics.kvs.delete(query.key);
      return { key: query.key };
    });
  };
}
