/** `/v1/kv/BUCKET`: its keys and entries, its past, and what happens to them. */
import { Type } from "typebox";
import { entryJson } from "../kv/entry-json.ts";
import type { Entry, Store } from "../kv/store.ts";
import { breath } from "../lib/breath.ts";
import { MachinistError } from "../lib/errors.ts";
import { gather } from "../lib/gather.ts";
import { conditionOf, isKnown, tagOf } from "./conditions.ts";
import {
  bucketParams,
  conditional,
  entry,
  keyParams,
  newValue,
  operation,
  results,
  written,
} from "./kv-shapes.ts";
import { perform, remove, write } from "./kv-writes.ts";
import type { App, Routes } from "./routes.ts";

const tags = ["kv"];
const closed = { additionalProperties: false };
const reads = { config: { scope: "read" } } as const;
const writes = { config: { scope: "write" } } as const;
const filter = Type.Optional(
  Type.String({ minLength: 1, description: "* is one token, > all that follow. Default: >" }),
);
const flag = Type.Optional(Type.Enum(["true", "false"]));
const revision = Type.Optional(Type.String({ pattern: "^[1-9]\\d{0,15}$" }));

export function entryRoutes(store: Store): Routes {
  return (app) => {
    addReads(app, store);
    addWrites(app, store);
  };
}

function addReads(app: App, store: Store): void {
  app.get(
    "/v1/kv/:bucket/keys",
    {
      ...reads,
      schema: {
        tags,
        summary: "Live keys, sorted",
        params: bucketParams,
        querystring: Type.Object({ filter }, closed),
        response: { 200: Type.Array(Type.String()) },
      },
    },
    async ({ params, query }) => {
      const bucket = await store.openBucket(params.bucket);
      return gather(bucket.keys(query.filter));
    },
  );
  app.get(
    "/v1/kv/:bucket/history",
    {
      ...reads,
      schema: {
        tags,
        summary: "All entries kept, in order of revision, markers too",
        params: bucketParams,
        querystring: Type.Object({ filter, meta: flag }, closed),
        response: { 200: Type.Array(entry) },
      },
    },
    async ({ params, query }) => {
      const bucket = await store.openBucket(params.bucket);
      const withoutValue = query.meta === "true";
      const found = await gather(bucket.history(query.filter, { metaOnly: withoutValue }));
      return found.map((one) => entryJson(one, { withoutValue }));
    },
  );
  app.get(
    "/v1/kv/:bucket/entries/:key",
    {
      ...reads,
      schema: {
        tags,
        summary: "The value of a key; its revision is the ETag",
        params: keyParams,
        querystring: Type.Object({ revision }, closed),
        response: { 200: entry, 304: Type.Null({ description: "If-None-Match has this revision" }) },
      },
    },
    async ({ params, query, headers }, reply) => {
      const bucket = await store.openBucket(params.bucket);
      const found = await bucket.get(
        params.key,
        query.revision === undefined ? {} : { revision: Number(query.revision) },
      );
      if (!found) throw notFound(params);
      void reply.header("etag", tagOf(found.revision));
      return isKnown(headers, found.revision) ? reply.code(304).send(null) : entryJson(found);
    },
  );
}

function addWrites(app: App, store: Store): void {
  app.put(
    "/v1/kv/:bucket/entries/:key",
    {
      ...writes,
      schema: {
        tags,
        summary: "Writes a value",
        params: keyParams,
        headers: conditional,
        body: newValue,
        response: { 200: written },
      },
    },
    async ({ params, body, headers }, reply) => {
      const bucket = await store.openBucket(params.bucket);
      // Requests that came together are written together: the disk is asked once for all, which doubles how many there can be.
      await breath();
      const made = await write(bucket, params.key, body, conditionOf(headers));
      void reply.header("etag", tagOf(made));
      return { ...params, revision: made };
    },
  );
  app.delete(
    "/v1/kv/:bucket/entries/:key",
    {
      ...writes,
      schema: {
        tags,
        summary: "Deletes a key; with purge=true its history too",
        params: keyParams,
        headers: conditional,
        querystring: Type.Object({ purge: flag }, closed),
        response: { 200: written },
      },
    },
    async ({ params, query, headers }) => {
      const bucket = await store.openBucket(params.bucket);
      const condition = conditionOf(headers);
      const purge = query.purge === "true";
      return { ...params, revision: await remove(bucket, params.key, { purge, condition }) };
    },
  );
  app.post(
    "/v1/kv/:bucket/batch",
    {
      ...writes,
      schema: {
        tags,
        summary: "Several operations one after the other, each with its own result; they are no transaction",
        description: "With an operation `get` it needs scope read too.",
        params: bucketParams,
        body: Type.Array(operation, { maxItems: 1_000 }),
        response: { 200: results },
      },
    },
    async (request) => {
      const { params, body } = request;
      if (body.some(({ op }) => op === "get")) request.alsoNeeds("read");
      const bucket = await store.openBucket(params.bucket);
      const done = [];
      for (const asked of body) done.push(await perform(bucket, asked));
      return done;
    },
  );
}

function notFound({ bucket, key }: Pick<Entry, "bucket" | "key">): MachinistError {
  return new MachinistError("KEY_NOT_FOUND", `bucket ${bucket} has no value of key ${JSON.stringify(key)}`, {
    details: { bucket, key },
  });
}
