/** The one definition of the server: its manners, its errors, and what every route must say. Knows no route by name. */
import { createServer as createPlainServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { Socket } from "node:net";
import { type FastifyError, fastify } from "fastify";
import { httpStatusOf, MachinistError } from "../lib/errors.ts";
import { isTooDeep } from "../lib/json.ts";
import type { Logger } from "../lib/logger.ts";
import { errorBody } from "./error-body.ts";
import { describeRoutes } from "./openapi.ts";
import { pathOf } from "./request-path.ts";
import type { App, Routes, SchemaTypes } from "./routes.ts";
import { securityHeaders } from "./security-headers.ts";

/** Times are in ms. */
export interface Limits {
  readonly bodyBytes: number;
  /** For all of a request to arrive. */
  readonly requestMs: number;
  /** How often late requests are looked for. */
  readonly checkEveryMs: number;
}

export const defaultLimits: Limits = {
  bodyBytes: 4 * 1024 * 1024,
  requestMs: 30_000,
  checkEveryMs: 5_000,
};

/** After an answer 503. */
const retryAfterSeconds = 10;

/** PEM. */
export interface Certificates {
  readonly cert: Buffer;
  readonly key: Buffer;
  /** Only clients with a certificate that it signed may connect. */
  readonly ca?: Buffer;
}

export interface AppOptions {
  readonly routes: readonly Routes[];
  readonly log: Logger;
  readonly limits: Limits;
  readonly tls?: Certificates;
  /** Who is let in: adds hooks before any route is there. */
  readonly guard?: (app: App) => Promise<void>;
}

export async function createApp({ routes, log, limits, tls, guard }: AppOptions): Promise<App> {
  const { bodyBytes, requestMs, checkEveryMs } = limits;
  const timing = {
    requestTimeout: requestMs,
    headersTimeout: Math.min(requestMs, 10_000),
    connectionsCheckingInterval: checkEveryMs,
  };
  const trust = tls?.ca ? { requestCert: true, rejectUnauthorized: true } : {};
  const always = securityHeaders(tls !== undefined);
  const app: App = fastify({
    forceCloseConnections: true,
    // Its own answer says neither when to come back nor what happens.
    return503OnClosing: false,
    bodyLimit: bodyBytes,
    // The longest key, with every character escaped.
    routerOptions: { maxParamLength: 3 * 1024 },
    // What is asked for is refused or obeyed as it stands: no field is dropped and no type guessed.
    ajv: { customOptions: { removeAdditional: false, coerceTypes: false } },
    serverFactory: (handler) =>
      tls ? createTlsServer({ ...tls, ...trust, ...timing }, handler) : createPlainServer(timing, handler),
    clientErrorHandler: refuseConnection,
    frameworkErrors: (cause, _request, reply) => {
      const error = new MachinistError("INVALID_ARGUMENT", cause.message);
      // It goes out before any hook.
      reply.raw.writeHead(400, { ...always, "content-type": "application/json; charset=utf-8" });
      reply.raw.end(JSON.stringify(errorBody(error)));
    },
  }).withTypeProvider<SchemaTypes>();
  // Schemas of answers are for readers: what a handler returns is sent as it is.
  app.setSerializerCompiler(() => (value) => JSON.stringify(value));
  app.setErrorHandler((cause: FastifyError | MachinistError, request, reply) => {
    const error = cause instanceof MachinistError ? cause : asOurs(cause);
    if (!error) {
      log.error("a request failed", {
        method: request.method,
        path: pathOf(request.url),
        reason: cause.message,
      });
      return reply.code(500).send(errorBody(new MachinistError("FAILED", "the daemon failed; see its log")));
    }
    const status = httpStatusOf(error.code);
    if (error.code === "UNAUTHENTICATED") void reply.header("www-authenticate", "Bearer");
    if (status === 503) void reply.header("retry-after", retryAfterSeconds);
    return reply.code(status).send(errorBody(error));
  });
  let isClosing = false;
  app.addHook("preClose", async () => {
    isClosing = true;
  });
  app.addHook("onRequest", (_request, reply, done) => {
    void reply.headers(always);
    done(
      isClosing ? new MachinistError("STOPPED", "the daemon is stopping. Send the request again") : undefined,
    );
  });
  // Whoever may open the socket may do everything; the guard of the TCP side checks tokens.
  app.decorateRequest("alsoNeeds", () => undefined);
  app.decorateRequest("visitor", undefined);
  await guard?.(app);
  app.setNotFoundHandler((request, reply) => {
    const error = new MachinistError("ROUTE_NOT_FOUND", `there is no ${request.method} ${request.url}`);
    return reply.code(404).send(errorBody(error));
  });
  app.addHook("onRoute", ({ method, url, config, schema }) => {
    if (config?.scope === undefined) throw new Error(`route ${method} ${url} does not say its scope`);
    const isHidden = schema !== undefined && "hide" in schema && schema.hide === true;
    // What is not described would not be in the table of routes and scopes either.
    if (isHidden && config.scope !== "open") throw new Error(`route ${method} ${url} is not described`);
  });
  app.addHook("preValidation", ({ body }, _reply, done) => {
    const isDeep = !Buffer.isBuffer(body) && isTooDeep(body);
    done(isDeep ? new MachinistError("INVALID_ARGUMENT", "the body is nested too deep") : undefined);
  });
  await describeRoutes(app);
  for (const route of routes) route(app);
  return app;
}

/** What fastify refuses (bad JSON, wrong shape, too large) is the caller's to mend. */
function asOurs(cause: FastifyError): MachinistError | undefined {
  const status = cause.statusCode ?? 500;
  if (status >= 500) return undefined;
  return new MachinistError(status === 413 ? "VALUE_TOO_LARGE" : "INVALID_ARGUMENT", cause.message, {
    cause,
  });
}

/** What is no request at all, or is not all there in time. */
function refuseConnection(cause: Error & { code?: string; rawPacket?: unknown }, socket: Socket): void {
  if (!socket.writable || cause.code === "ECONNRESET") {
    socket.destroy();
    return;
  }
  const [status, code, message] = refusalOf(cause.code);
  const body = JSON.stringify(errorBody(new MachinistError(code, message)));
  const head = [
    `HTTP/1.1 ${status}`,
    "content-type: application/json; charset=utf-8",
    `content-length: ${Buffer.byteLength(body)}`,
    "connection: close",
  ];
  // Whoever asks with HEAD takes a body for the beginning of another answer.
  const { rawPacket } = cause;
  const isHead = Buffer.isBuffer(rawPacket) && rawPacket.subarray(0, 5).toString("latin1") === "HEAD ";
  socket.end(`${head.join("\r\n")}\r\n\r\n${isHead ? "" : body}`);
}

function refusalOf(code: string | undefined) {
  if (code === "ERR_HTTP_REQUEST_TIMEOUT")
    return ["408 Request Timeout", "TIMEOUT", "the request was not all there in time"] as const;
  if (code === "HPE_HEADER_OVERFLOW")
    return ["431 Request Header Fields Too Large", "INVALID_ARGUMENT", "the headers are too large"] as const;
  return ["400 Bad Request", "INVALID_ARGUMENT", "this is no HTTP request"] as const;
}
