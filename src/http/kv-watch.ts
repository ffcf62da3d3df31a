/** `/v1/kv/BUCKET/watch`: entries as server-sent events, at the pace of who reads them. */
import { Type } from "typebox";
import { entryJson } from "../kv/entry-json.ts";
import type { Store, Watch, WatchOptions } from "../kv/store.ts";
import { MachinistError, messageOf } from "../lib/errors.ts";
import { errorBody } from "./error-body.ts";
import { bucketParams } from "./kv-shapes.ts";
import type { LiveStream, LiveStreams } from "./live.ts";
import type { Routes } from "./routes.ts";

const flag = Type.Optional(Type.Enum(["true", "false"]));

const query = Type.Object(
  {
    filter: Type.Optional(Type.String({ minLength: 1, description: "Default: >" })),
    history: Type.Optional(Type.Enum(["true", "false"], { description: "Begin with all entries kept" })),
    updates: Type.Optional(Type.Enum(["true", "false"], { description: "Nothing that is there already" })),
    deletes: Type.Optional(Type.Enum(["true", "false"], { description: "false: leave out markers" })),
    meta: flag,
  },
  { additionalProperties: false },
);

export function watchRoutes(store: Store, streams: LiveStreams): Routes {
  return (app) => {
    app.get(
      "/v1/kv/:bucket/watch",
      {
        config: { scope: "read" },
        schema: {
          tags: ["kv"],
          summary: "Entries as server-sent events",
          description:
            "First what is there, then an event `ready`, then what comes. The id is the revision; with Last-Event-ID it goes on after that one.",
          params: bucketParams,
          querystring: query,
          headers: Type.Object({ "last-event-id": Type.Optional(Type.String({ pattern: "^\\d{1,15}$" })) }),
          response: { 200: { content: { "text/event-stream": { schema: Type.String() } } } },
        },
      },
      async ({ params, query, headers }, reply) => {
        const withoutValue = query.meta === "true";
        const bucket = await store.openBucket(params.bucket);
        const after = headers["last-event-id"];
        const options: WatchOptions = {
          includeHistory: query.history === "true",
          updatesOnly: query.updates === "true",
          ignoreDeletes: query.deletes === "false",
          metaOnly: withoutValue,
          ...(after === undefined ? {} : { resumeFromRevision: Number(after) + 1 }),
        };
        await using watch = bucket.watch(query.filter, options);
        const stream = streams.open(reply);
        stream.signal.addEventListener("abort", () => watch.stop(), { once: true });
        await pass(watch, stream, withoutValue);
      },
    );
  };
}

async function pass(watch: Watch, stream: LiveStream, withoutValue: boolean): Promise<void> {
  try {
    for await (const item of watch) {
      const { revision } = item;
      if (item.operation === "READY") stream.send({ event: "ready", data: JSON.stringify({ revision }) });
      else stream.send({ id: revision, data: JSON.stringify(entryJson(item, { withoutValue })) });
      await stream.room();
    }
  } catch (cause) {
    const error = cause instanceof MachinistError ? cause : new MachinistError("FAILED", messageOf(cause));
    stream.send({ event: "error", data: JSON.stringify(errorBody(error)) });
  }
  stream.end();
}
