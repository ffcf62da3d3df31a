/** `/v1/kv`: buckets. */
import { Type } from "typebox";
import type { BucketConfig, BucketStatus, Store } from "../kv/store.ts";
import { bucketParams, settings, status } from "./kv-shapes.ts";
import type { Routes } from "./routes.ts";

const tags = ["kv"];
const params = bucketParams;
const reads = { config: { scope: "read" } } as const;
const administers = { config: { scope: "admin" } } as const;

export function bucketRoutes(store: Store): Routes {
  return (app) => {
    app.get(
      "/v1/kv",
      { ...reads, schema: { tags, summary: "All buckets", response: { 200: Type.Array(status) } } },
      async () => (await store.listBuckets()).map(document),
    );
    app.get(
      "/v1/kv/:bucket",
      { ...reads, schema: { tags, summary: "One bucket", params, response: { 200: status } } },
      async ({ params }) => document(await (await store.openBucket(params.bucket)).status()),
    );
    app.put(
      "/v1/kv/:bucket",
      {
        ...administers,
        schema: { tags, summary: "Makes a bucket", params, body: settings, response: { 200: status } },
      },
      async ({ params, body }) => {
        const bucket = await store.createBucket(params.bucket, body as Partial<BucketConfig>);
        return document(await bucket.status());
      },
    );
    app.patch(
      "/v1/kv/:bucket",
      {
        ...administers,
        schema: { tags, summary: "Changes its settings", params, body: settings, response: { 200: status } },
      },
      async ({ params, body }) =>
        document(await store.editBucket(params.bucket, body as Partial<BucketConfig>)),
    );
    app.delete(
      "/v1/kv/:bucket",
      {
        ...administers,
        schema: {
          tags,
          summary: "Removes a bucket with all that is in it",
          params,
          response: { 200: Type.Object({ bucket: Type.String() }) },
        },
      },
      async ({ params }) => {
        await store.destroyBucket(params.bucket);
        return { bucket: params.bucket };
      },
    );
  };
}

function document(found: BucketStatus): object {
  return { ...found, created: found.created.toISOString() };
}
