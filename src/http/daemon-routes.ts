/** What the daemon says of itself and its host: health, status, facts, governors, metrics. */
import { Type } from "typebox";
import type { Store } from "../kv/store.ts";
import { type Clock, sleep } from "../lib/clock.ts";
import { MachinistError } from "../lib/errors.ts";
import type { JsonObject } from "../lib/json.ts";
import { evictHolder, listGovernors } from "../machine/governor-bucket.ts";
import { governorJson } from "../machine/governor-json.ts";
import type { Records } from "../machine/record.ts";
import { anyObject } from "./machine-answers.ts";
import type { App, Routes } from "./routes.ts";

/** Where the routes get what they say. */
export interface DaemonView {
  readonly clock: Clock;
  readonly store: Store;
  /** Why records of machines cannot be written now. */
  readonly writeFailure: () => Promise<MachinistError | undefined>;
  readonly records: Pick<Records, "check">;
  readonly facts: () => JsonObject;
  readonly status: () => Promise<DaemonStatus>;
  /** In the text format of Prometheus. */
  readonly metrics: { readonly contentType: string; text(): Promise<string> };
}

export interface DaemonStatus {
  readonly version: string;
  readonly pid: number;
  /** ISO 8601. */
  readonly started: string;
  readonly identity: string;
  readonly dataDirectory: string;
  /** Without a password. */
  readonly store: string;
  /** That of the store which watchers look at. */
  readonly engine: "lmdb" | "nats";
  /** Where it answers on TCP. */
  readonly http: string | null;
  /** Health → how many machines. */
  readonly machines: Readonly<Record<string, number>>;
  /** Whether handlers of topics run. */
  readonly topics: boolean;
  /** Revisions of the bucket of `kvs` that were gone before topics read them. */
  readonly topicsMissed: number;
  /** How the processes of a command are found; null before commands can start. */
  readonly commandTracking: "cgroup" | "search" | "process-group" | null;
  /** Of the file system with the data directory; `storeBytes`: what the store in it takes. */
  readonly disk: { readonly freeBytes: number; readonly sizeBytes: number; readonly storeBytes: number };
  /** 99 of 100 turns of the event loop were late by less, since metrics were last asked for. */
  readonly eventLoopDelayMs: number;
  /** Resident. */
  readonly memoryBytes: number;
}

const tags = ["daemon"];
const text = Type.String();

const status = Type.Object(
  {
    version: text,
    pid: Type.Integer(),
    started: text,
    identity: text,
    dataDirectory: text,
    store: text,
    engine: Type.Enum(["lmdb", "nats"]),
    http: Type.Union([text, Type.Null()]),
    machines: Type.Record(Type.String(), Type.Integer({ description: "How many, by health" })),
    topics: Type.Boolean({ description: "Whether handlers of topics run" }),
    topicsMissed: Type.Integer({
      description: "Revisions of the bucket of `kvs` that were gone before topics read them",
    }),
    commandTracking: Type.Union([Type.Enum(["cgroup", "search", "process-group"]), Type.Null()], {
      description:
        "How the processes of a command are found when it is stopped: by a cgroup of its own, by a search of all processes, or only its process group; null before commands can start",
    }),
    disk: Type.Object(
      { freeBytes: Type.Number(), sizeBytes: Type.Number(), storeBytes: Type.Number() },
      {
        additionalProperties: false,
        description: "The file system with the data directory, and what the store in it takes",
      },
    ),
    eventLoopDelayMs: Type.Number({ description: "99 of 100 turns of the event loop were late by less" }),
    memoryBytes: Type.Integer({ description: "Resident" }),
  },
  { additionalProperties: false },
);

const governor = Type.Object({
  governor: text,
  capacity: Type.Integer(),
  ttlMs: Type.Number(),
  holders: Type.Array(Type.Object({ slot: Type.Integer(), owner: text, since: text, renewed: text })),
});

export function daemonRoutes(view: DaemonView): Routes {
  return (app) => {
    addHealth(app, view);
    const reads = { config: { scope: "read" } } as const;
    app.get(
      "/v1/status",
      { ...reads, schema: { tags, summary: "The daemon", response: { 200: status } } },
      () => view.status(),
    );
    app.get(
      "/v1/facts",
      { ...reads, schema: { tags, summary: "Facts of the host", response: { 200: anyObject } } },
      () => view.facts(),
    );
    app.get(
      "/v1/governors",
      {
        ...reads,
        schema: {
          tags,
          summary: "Governors and who has their slots",
          response: { 200: Type.Array(governor) },
        },
      },
      async () => (await listGovernors(view.store)).map(governorJson),
    );
    addEviction(app, view.store);
    app.get(
      "/metrics",
      {
        ...reads,
        schema: {
          tags,
          summary: "For Prometheus",
          response: { 200: { content: { "text/plain": { schema: text } } } },
        },
      },
      async (_request, reply) => {
        const found = await view.metrics.text();
        return reply.header("content-type", view.metrics.contentType).serializer(String).send(found);
      },
    );
  };
}

function addEviction(app: App, store: Store): void {
  app.delete(
    "/v1/governors/:name/holders/:slot",
    {
      config: { scope: "admin" },
      schema: {
        tags,
        summary: "Takes one slot away; what runs in it is stopped when its host next renews it",
        params: Type.Object({ name: text, slot: Type.String({ pattern: "^[1-9][0-9]{0,8}$" }) }),
        response: { 204: Type.Null() },
      },
    },
    async ({ params }, reply) => {
      await evictHolder(store, params.name, Number(params.slot));
      return reply.code(204).send();
    },
  );
}

/** A store that takes longer is as good as away. */
const patienceMs = 2_000;

function addHealth(app: App, { store, records, clock, writeFailure }: DaemonView): void {
  const answer = { 200: Type.Object({ status: Type.Literal("ok") }) };
  const open = { config: { scope: "open" } } as const;
  app.get("/healthz", { ...open, schema: { tags, summary: "It lives", response: answer } }, () => ({
    status: "ok",
  }));
  app.get(
    "/readyz",
    {
      ...open,
      schema: {
        tags,
        summary: "Its machines were started, its store answers and their records can be written",
        response: answer,
      },
    },
    async () => {
      const failure = await writeFailure();
      if (failure) throw failure;
      await answers(store.listBuckets(), "the store", clock);
      await answers(records.check(), "the daemon's own store", clock);
      return { status: "ok" };
    },
  );
}

/** @throws STORE_CLOSED when it takes too long, and what it throws */
async function answers(question: Promise<unknown>, place: string, clock: Clock): Promise<void> {
  const done = new AbortController();
  const late = sleep(clock, patienceMs, done.signal).then(() => {
    throw new MachinistError("STORE_CLOSED", `${place} does not answer`);
  });
  try {
    await Promise.race([question, late]);
  } finally {
    late.catch(() => undefined);
    done.abort();
  }
}
