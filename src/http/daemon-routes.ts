/** What the daemon says of itself and its host: health, status, facts, governors, metrics. */
import { Type } from "typebox";
import type { Store } from "../kv/store.ts";
import { type Clock, sleep } from "../lib/clock.ts";
import { MachinistError } from "../lib/errors.ts";
import type { JsonObject } from "../lib/json.ts";
import { listGovernors } from "../machine/governor-bucket.ts";
import { governorJson } from "../machine/governor-json.ts";
import { anyObject } from "./machine-answers.ts";
import type { App, Routes } from "./routes.ts";

/** Where the routes get what they say. */
export interface DaemonView {
  readonly clock: Clock;
  readonly store: Store;
  readonly facts: () => JsonObject;
  readonly status: () => DaemonStatus;
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
  /** Where it answers on TCP. */
  readonly http: string | null;
  /** Health → how many machines. */
  readonly machines: Readonly<Record<string, number>>;
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
    http: Type.Union([text, Type.Null()]),
    machines: Type.Record(Type.String(), Type.Integer({ description: "How many, by health" })),
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

/** A store that takes longer is as good as away. */
const patienceMs = 2_000;

function addHealth(app: App, { store, clock }: DaemonView): void {
  const answer = { 200: Type.Object({ status: Type.Literal("ok") }) };
  const open = { config: { scope: "open" } } as const;
  app.get("/healthz", { ...open, schema: { tags, summary: "It lives", response: answer } }, () => ({
    status: "ok",
  }));
  app.get(
    "/readyz",
    {
      ...open,
      schema: { tags, summary: "Its machines were started and its store answers", response: answer },
    },
    async () => {
      await answers(store, clock);
      return { status: "ok" };
    },
  );
}

/** @throws STORE_CLOSED when it does not */
async function answers(store: Store, clock: Clock): Promise<void> {
  const done = new AbortController();
  const late = sleep(clock, patienceMs, done.signal).then(() => {
    throw new MachinistError("STORE_CLOSED", "the store does not answer");
  });
  try {
    await Promise.race([store.listBuckets(), late]);
  } finally {
    late.catch(() => undefined);
    done.abort();
  }
}
