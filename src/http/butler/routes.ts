/** The paths of Butler's API, below `/v4`. The schemas describe; what is wrong with a request Butler's own checks say. */
import type { FastifyInstance, RouteShorthandOptions } from "fastify";
import { Type } from "typebox";
import type { Logger } from "../../lib/logger.ts";
import type { Answers } from "./answers.ts";
import { keyIn, optionalKeyIn } from "./coercion.ts";
import type { Posting } from "./posting.ts";
import { startTasks } from "./task-start.ts";

interface OfNamespace {
  Params: { namespace: string };
}
interface OfKey {
  Params: { namespace: string; key: string };
}

const largestBody = 1024 * 1024;
const namespace = Type.String({ description: "Any text" });
const params = Type.Object({ namespace });
const key = Type.String({ description: "Any text" });
const querystring = Type.Object({ key });
const body = Type.Object({
  key,
  value: Type.Optional(Type.String({ description: "Any text; other scalars are taken as text" })),
  ttl: Type.Optional(Type.Number({ description: "Ms until the pair ends; 0 and less: never" })),
});

/** Those that Butler has. */
export function realRoutes(app: FastifyInstance, answers: Answers): void {
  app.get("/keyvaluesnamespaces", failing("getting all namespaces"), () => answers.namespaces());

  app.get<OfNamespace>(
    "/keyvalues/:namespace",
    failing("getting key-value data", { params, querystring }),
    (request) => answers.read(request.params.namespace, request.query),
  );

  app.get<OfNamespace>(
    "/keyvalues/:namespace/keyexists",
    failing("getting key-value data", { params, querystring }),
    (request) => answers.exists(request.params.namespace, request.query),
  );

  app.post<OfNamespace>(
    "/keyvalues/:namespace",
    failing("adding key-value to namespace", { params, body }),
    (request, reply) => {
      reply.code(201);
      return answers.write(request.params.namespace, request.body);
    },
  );

  app.delete<OfKey>(
    "/keyvalues/:namespace/:key",
    failing("deleting key-value data", { params: Type.Object({ namespace, key }) }),
    async (request, reply) => {
      await answers.deleteKey(request.params.namespace, request.params.key);
      return reply.code(204).send();
    },
  );

  app.delete<OfNamespace>(
    "/keyvalues/:namespace",
    failing("clearing namespace", { params }),
    async (request, reply) => {
      await answers.deleteNamespace(request.params.namespace);
      return reply.code(204).send();
    },
  );

  app.get<OfNamespace>(
    "/keylist/:namespace",
    failing("getting list of keys in namespace", { params }),
    (request) => answers.keys(request.params.namespace),
  );
}

/** Those that only its documentation has; not aliases: a DELETE with a query means one key here, all of them there. */
export function documentedRoutes(app: FastifyInstance, answers: Answers): void {
  const path = "/kvstore/:namespace";
  const maybeKey = Type.Object({ key: Type.Optional(key) });

  app.get<OfNamespace>(
    path,
    failing("getting key-value data", { params, querystring: maybeKey }),
    (request) => {
      const isList = optionalKeyIn(request.query) === undefined;
      const { namespace } = request.params;
      return isList ? answers.keys(namespace) : answers.read(namespace, request.query);
    },
  );

  app.post<OfNamespace>(
    path,
    failing("adding key-value to namespace", { params, body }),
    (request, reply) => {
      reply.code(201);
      return answers.write(request.params.namespace, request.body);
    },
  );

  app.delete<OfNamespace>(
    path,
    failing("deleting key-value data", { params, querystring }),
    async (request, reply) => {
      await answers.deleteKey(request.params.namespace, keyIn(request.query));
      return reply.code(204).send();
    },
  );
}

/** Of what Butler is besides a key-value store: as much as its clients need for their pairs. */
export function taskRoutes(app: FastifyInstance, parts: { posting: Posting; log: Logger }): void {
  app.route<{ Params: { taskId: string } }>({
    method: ["PUT", "POST"],
    url: "/reloadtask/:taskId/start",
    ...failing("starting task", {
      params: Type.Object({ taskId: Type.String({ description: "Always `-`" }) }),
      body: Type.Array(Type.Object({ type: Type.String(), payload: Type.Unknown() })),
    }),
    handler: (request) => startTasks(request.params.taskId, request.body, parts),
  });

  app.get("/configfile/endpointsenabled", () => ["keyValueStore"]);
}

/** @param what follows "Failed" when the store fails */
function failing(what: string, schema: RouteShorthandOptions["schema"] = {}): RouteShorthandOptions {
  return { schema, bodyLimit: largestBody, config: { butlerFailure: `Failed ${what}` } };
}
