/** A server on a supervisor of a fresh drop directory, and ways to speak to it: whole requests, and raw bytes. */
import { request } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { onTestFinished } from "vitest";
import { defaultLimits, type Limits } from "../../src/http/app.ts";
import { defaultRatePerMinute, type HttpOptions } from "../../src/http/http-options.ts";
import { machineRoutes } from "../../src/http/machines.ts";
import type { Routes } from "../../src/http/routes.ts";
import { serve } from "../../src/http/server.ts";
import type { Clock } from "../../src/lib/clock.ts";
import { hashOfToken, type KnownToken, type Scope } from "../../src/lib/token.ts";
import { type Supervised, supervise, yaml } from "../supervisor/supervise.ts";

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  // biome-ignore lint/suspicious/noExplicitAny: what a test expects of it is what it tests
  readonly body: any;
}

export interface Asked {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

export const openHttp: HttpOptions = {
  host: "127.0.0.1",
  port: 0,
  open: true,
  tokens: [],
  tls: undefined,
  hosts: [],
  origins: [],
  ratePerMinute: defaultRatePerMinute,
};

export function knownToken(name: string, ...scopes: Scope[]): KnownToken {
  return { name, hash: hashOfToken(name), scopes };
}

export interface Serving extends Supervised {
  readonly socketPath: string;
  /** Of the TCP side. */
  readonly port: number;
  /** With the token that was made, if one was. */
  readonly signInUrl: string | undefined;
  /** Over the socket. */
  ask(method: string, path: string, body?: unknown, headers?: Asked["headers"]): Promise<Answer>;
  /** Over TCP. */
  askTcp(asked: Asked): Promise<Answer>;
  /** Raw bytes to the TCP side. @returns all that came until the other end closed */
  speak(bytes: string): Promise<string>;
  close(): Promise<void>;
  /** Closed, and served anew from the same directory. */
  again(options?: Partial<HttpOptions>): Promise<Serving>;
}

export interface ServingOptions {
  readonly files?: Readonly<Record<string, string>>;
  readonly routes?: (test: Supervised) => readonly Routes[];
  readonly http?: Partial<HttpOptions>;
  readonly limits?: Partial<Limits>;
  readonly clock?: Clock;
}

export async function serving(options: ServingOptions = {}): Promise<Serving> {
  const { files = { "m.yaml": yaml("m") } } = options;
  return served(await supervise(files), options);
}

async function served(test: Supervised, options: ServingOptions): Promise<Serving> {
  const { limits, http, clock } = options;
  const { routes = (made: Supervised) => [machineRoutes(made.supervisor)] } = options;
  const socketPath = join(test.directory, "machinist.sock");
  const server = await serve({
    socketPath,
    routes: routes(test),
    log: test.services.log,
    http: { ...openHttp, open: http?.tokens === undefined, ...http },
    ...(clock && { clock }),
    limits: { ...defaultLimits, ...limits },
  });
  onTestFinished(() => server.close());
  const port = Number(new URL(server.url ?? "").port);
  return {
    ...test,
    socketPath,
    port,
    signInUrl: server.signInUrl,
    ask: (method, path, body, headers = {}) => send({ socketPath }, { method, path, body, headers }),
    askTcp: (asked) => send({ host: "127.0.0.1", port }, asked),
    speak: async (bytes) => {
      const socket = connect(port, "127.0.0.1");
      socket.write(bytes);
      return text(socket);
    },
    close: () => server.close(),
    again: async (changed) => {
      await server.close();
      return served(test, { ...options, http: { ...http, ...changed } });
    },
  };
}

/** One request; `body` as JSON, or as it is when it is text. */
function send(
  to: { socketPath: string } | { host: string; port: number },
  { method = "GET", path, headers = {}, body }: Asked,
): Promise<Answer> {
  const typed = body === undefined ? headers : { "content-type": "application/json", ...headers };
  return new Promise((resolve, reject) => {
    const asking = request({ ...to, method, path, headers: typed, agent: false }, async (answer) => {
      const found = await text(answer);
      const isJson = answer.headers["content-type"]?.includes("json");
      resolve({
        status: answer.statusCode ?? 0,
        headers: answer.headers,
        body: isJson ? JSON.parse(found) : found,
      });
    });
    asking.on("error", reject);
    asking.end(typeof body === "string" ? body : body === undefined ? undefined : JSON.stringify(body));
  });
}
