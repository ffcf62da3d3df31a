/** Butler's API on a real server over TCP, on each store that it can have, with time that moves when told. */
import { mkdtemp, rm } from "node:fs/promises";
import { request } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fastify } from "fastify";
import { afterAll, beforeAll, beforeEach, onTestFinished } from "vitest";
import { type ButlerOptions, type ButlerSettings, butlerRoutes } from "../../../src/http/butler/butler.ts";
import { openStore } from "../../../src/kv/open.ts";
import type { Store } from "../../../src/kv/store.ts";
import { codeOf } from "../../../src/lib/errors.ts";
import { startServer } from "../../setup/nats-server.ts";
import { SimulatedClock } from "../../simulated-clock.ts";
import { type ButlerDaemon, startButlerDaemon } from "./butler-daemon.ts";

export interface Place {
  readonly name: string;
  readonly memory: boolean;
  start(): Promise<{ url: string; end(): Promise<void> }>;
}

const embedded = { memory: false, start: onLmdb };

export const stores: readonly Place[] = [
  { name: "LMDB", ...embedded },
  { name: "NATS (old)", memory: false, start: () => onServer("old") },
  { name: "NATS (current)", memory: false, start: () => onServer("current") },
];

export const places: readonly Place[] = [...stores, { name: "memory", ...embedded, memory: true }];

/** What can be asked over TCP alone: where a test of Butler's answers runs besides `places`. */
export const daemon = { name: "the built daemon" } as const;

async function onLmdb() {
  const url = await mkdtemp(join(tmpdir(), "machinist-butler-"));
  return { url, end: () => rm(url, { recursive: true }) };
}

async function onServer(kind: "old" | "current") {
  const server = await startServer(kind);
  return { url: server.url, end: async () => server[Symbol.asyncDispose]() };
}

export interface Answer {
  readonly status: number;
  /** Parsed where it is JSON; undefined where there is none. */
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** What a client sees, wherever Butler's API is. */
export interface Asked {
  readonly clock: SimulatedClock;
  readonly port: number;
  /** One request; a body that is no text is sent as JSON. */
  ask(
    method: string,
    path: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Answer>;
  get(path: string): Promise<Answer>;
  /** Writes a pair. */
  post(namespace: string, body: unknown): Promise<Answer>;
}

export interface Butler extends Asked {
  readonly store: Store;
  /** A server beside this one, on the same clock. */
  another(options?: ButlerOptions & { readonly store?: Store }): Promise<Butler>;
  close(): Promise<void>;
}

/** To be called in a `describe`: one store for all its tests, each of which begins with nothing of Butler in it. */
export function eachTime(place: Place): (options?: ButlerOptions) => Promise<Butler> {
  let parts: { store: Store; end(): Promise<void> } | undefined;
  beforeAll(async () => {
    const { url, end } = await place.start();
    parts = { store: await openStore(url), end };
  });
  beforeEach(async () => {
    for (const bucket of ["BUTLER", "BUTLER_NOTES"]) await destroy(parts?.store, bucket);
  });
  afterAll(async () => {
    await parts?.store.close();
    await parts?.end();
  });
  return (options = {}) => {
    if (!parts) throw new Error("no test runs");
    return startOn(parts.store, { memory: place.memory, clock: new SimulatedClock(), ...options });
  };
}

/** As `eachTime`, for tests that only ask: on the built daemon too. */
export function askedEachTime(place: Place | typeof daemon): (settings?: ButlerSettings) => Promise<Asked> {
  return "start" in place ? eachTime(place) : daemonEachTime();
}

function daemonEachTime(): (settings?: ButlerSettings) => Promise<Asked> {
  let shared: ButlerDaemon | undefined;
  beforeAll(async () => {
    shared = await startButlerDaemon({});
  });
  afterAll(() => shared?.end());
  return async (settings) => {
    const own = settings && (await startButlerDaemon(settings));
    if (own) onTestFinished(() => own.end());
    const used = own ?? shared;
    if (!used) throw new Error("no test runs");
    const asked = askedOf(used);
    if (!own) await forgetAll(asked);
    return asked;
  };
}

async function forgetAll({ ask, get }: Asked): Promise<void> {
  const { body } = await get("/v4/keyvaluesnamespaces");
  for (const name of Array.isArray(body) ? body : [])
    await ask("DELETE", `/v4/keyvalues/${encodeURIComponent(name)}`);
}

/** Asks a daemon once its time is right. */
export function askedOf({ port, clock }: ButlerDaemon): Asked {
  const ask: Asked["ask"] = async (method, path, body, headers) => {
    await clock.settled();
    return send({ port, method, path, headers }, body);
  };
  return {
    port,
    clock,
    ask,
    get: (path) => ask("GET", path),
    post: (namespace, body) => ask("POST", `/v4/keyvalues/${namespace}`, body),
  };
}

async function destroy(store: Store | undefined, bucket: string): Promise<void> {
  try {
    await store?.destroyBucket(bucket);
  } catch (cause) {
    if (codeOf(cause) !== "BUCKET_NOT_FOUND") throw cause;
  }
}

export async function startOn(store: Store, options: ButlerOptions): Promise<Butler> {
  const clock = options.clock instanceof SimulatedClock ? options.clock : new SimulatedClock();
  // As strict as the server of the daemon, which Butler's clients must not notice.
  const app = fastify({
    forceCloseConnections: true,
    ajv: { customOptions: { removeAdditional: false, coerceTypes: false } },
  });
  butlerRoutes(store, { ...options, clock })(app);
  await app.listen({ host: "127.0.0.1", port: 0 });
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => (closing ??= app.close());
  onTestFinished(close);
  const { port } = app.server.address() as AddressInfo;
  const ask: Butler["ask"] = (method, path, body, headers) => send({ port, method, path, headers }, body);
  return {
    store,
    clock,
    port,
    ask,
    get: (path) => ask("GET", path),
    post: (namespace, body) => ask("POST", `/v4/keyvalues/${namespace}`, body),
    another: ({ store: other = store, ...more } = {}) => startOn(other, { ...options, clock, ...more }),
    close,
  };
}

function send(
  to: { port: number; method: string; path: string; headers: Readonly<Record<string, string>> | undefined },
  body: unknown,
): Promise<Answer> {
  const { headers = {}, ...where } = to;
  const json = { "content-type": "application/json", ...headers };
  return new Promise((resolve, reject) => {
    const asking = request(
      { host: "127.0.0.1", ...where, agent: false, headers: body === undefined ? headers : json },
      async (answer) => {
        const said = await text(answer);
        resolve({
          status: answer.statusCode ?? 0,
          body: said === "" ? undefined : JSON.parse(said),
          headers: answer.headers,
        });
      },
    );
    asking.on("error", reject);
    asking.end(typeof body === "string" || body === undefined ? body : JSON.stringify(body));
  });
}

export function refused(message: string) {
  return { status: 400, body: { statusCode: 400, error: "Bad Request", message } };
}

export function invalid(message: string) {
  return {
    status: 400,
    body: { statusCode: 400, code: "FST_ERR_VALIDATION", error: "Bad Request", message },
  };
}

export function notFound(method: string, path: string) {
  const message = `Route ${method}:${path} not found`;
  return { status: 404, body: { statusCode: 404, error: "Not Found", message } };
}
