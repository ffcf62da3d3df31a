/** The paths of Butler's API, below `/v4`. The schemas describe; what is wrong with a request Butler's own checks say. */
import type { FastifyInstance, RouteShorthandOptions } from "fastify";
import { type TSchema, Type } from "typebox";
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

const pair = Type.Object({ namespace, key, value: Type.String() });
/** Without a value nothing was written. */
const posted = Type.Object({ namespace, key, value: Type.Optional(Type.String()), ttl: Type.Number() });
const keyList = Type.Object({ namespace, keys: Type.Array(Type.Object({ key })) });

/** Those that Butler has. */
export function realRoutes(app: FastifyInstance, answers: Answers): void {
  app.get(
    "/keyvaluesnamespaces",
    reading("getting all namespaces", reads("All namespaces", Type.Array(Type.String()))),
    () => answers.namespaces(),
  );

  app.get<OfNamespace>(
    "/keyvalues/:namespace",
    reading("getting key-value data", { ...reads("A pair", pair), params, querystring }),
    (request) => answers.read(request.params.namespace, request.query),
  );

  app.get<OfNamespace>(
    "/keyvalues/:namespace/keyexists",
    reading("getting key-value data", {
      ...reads("Whether a pair is there, and which", Type.Object({ keyExists: Type.Boolean() })),
      params,
      querystring,
    }),
    (request) => answers.exists(request.params.namespace, request.query),
  );

  postRoute(app, "/keyvalues/:namespace", answers);

  app.delete<OfKey>(
    "/keyvalues/:namespace/:key",
    writing("deleting key-value data", {
      ...writes("Removes a pair", 204),
      params: Type.Object({ namespace, key }),
    }),
    async (request, reply) => {
      await answers.deleteKey(request.params.namespace, request.params.key);
      return reply.code(204).send();
    },
  );

  app.delete<OfNamespace>(
    "/keyvalues/:namespace",
    writing("clearing namespace", { ...writes("Removes a namespace", 204), params }),
    async (request, reply) => {
      await answers.deleteNamespace(request.params.namespace);
      return reply.code(204).send();
    },
  );

  app.get<OfNamespace>(
    "/keylist/:namespace",
    reading("getting list of keys in namespace", { ...reads("The keys of a namespace", keyList), params }),
    (request) => answers.keys(request.params.namespace),
  );
}

/** Those that only its documentation has; not aliases: a DELETE with a query means one key here, all of them there. */
export function documentedRoutes(app: FastifyInstance, answers: Answers): void {
  const path = "/kvstore/:namespace";
  const maybeKey = Type.Object({ key: Type.Optional(key) });

  app.get<OfNamespace>(
    path,
    reading("getting key-value data", {
      ...reads("A pair, or the keys", Type.Union([pair, keyList])),
      params,
      querystring: maybeKey,
    }),
    (request) => {
      const isList = optionalKeyIn(request.query) === undefined;
      const { namespace } = request.params;
      return isList ? answers.keys(namespace) : answers.read(namespace, request.query);
    },
  );

  postRoute(app, path, answers);

  app.delete<OfNamespace>(
    path,
    writing("deleting key-value data", { ...writes("Removes a pair", 204), params, querystring }),
    async (request, reply) => {
      await answers.deleteKey(request.params.namespace, keyIn(request.query));
      return reply.code(204).send();
    },
  );
}

function postRoute(app: FastifyInstance, path: string, answers: Answers): void {
  app.post<OfNamespace>(
    path,
    writing("adding key-value to namespace", {
      ...writes("Makes or replaces a pair", 201, posted),
      params,
      body,
    }),
    (request, reply) => {
      reply.code(201);
      return answers.write(request.params.namespace, request.body);
    },
  );
}

/** Of what Butler is besides a key-value store: as much as its clients need for their pairs. */
export function taskRoutes(app: FastifyInstance, parts: { posting: Posting; log: Logger }): void {
  app.route<{ Params: { taskId: string } }>({
    method: ["PUT", "POST"],
    url: "/reloadtask/:taskId/start",
    ...writing("starting task", {
      ...writes("Writes the pairs of a task's start", 200, Type.Object({})),
      params: Type.Object({ taskId: Type.String({ description: "Always `-`" }) }),
      body: Type.Array(Type.Object({ type: Type.String(), payload: Type.Unknown() })),
    }),
    handler: (request) => startTasks(request.params.taskId, request.body, parts),
  });

  const what = reads("What of Butler is here", Type.Array(Type.String()));
  app.get("/configfile/endpointsenabled", reading("getting enabled endpoints", what), () => [
    "keyValueStore",
  ]);
}

type RouteSchema = NonNullable<RouteShorthandOptions["schema"]>;

const tags = ["butler"];

function reads(summary: string, answer: TSchema): RouteSchema {
  return { tags, summary, response: { 200: answer } };
}

function writes(summary: string, status: number, answer: TSchema = Type.Null()): RouteSchema {
  return { tags, summary, response: { [status]: answer } };
}

/** @param what follows "Failed" when the store fails */
function reading(what: string, schema: RouteSchema): RouteShorthandOptions {
  return { schema, bodyLimit: largestBody, config: { scope: "read", butlerFailure: `Failed ${what}` } };
}

/** @param what as for `reading` */
function writing(what: string, schema: RouteSchema): RouteShorthandOptions {
  return { schema, bodyLimit: largestBody, config: { scope: "write", butlerFailure: `Failed ${what}` } };
}
