/** Who is let in on TCP: the host asked for, the page that asks, how often, and with which token. */

import { isIP } from "node:net";
import { hostname } from "node:os";
import rateLimit from "@fastify/rate-limit";
import type { FastifyReply, FastifyRequest } from "fastify";
import { MachinistError } from "../lib/errors.ts";
import type { Access } from "./access.ts";
import type { HttpOptions } from "./http-options.ts";
import type { App } from "./routes.ts";
import { addSignInLink } from "./sign-in.ts";

/** @throws INVALID_CONFIG when all the world could do everything */
export function refuseOpenDoor({ host, open, tokens, tls }: HttpOptions): void {
  if (open) refuseHalfOpen(host, tokens.length);
  if (isLoopback(host) || tokens.length > 0 || tls?.clientCa !== undefined) return;
  throw new MachinistError(
    "INVALID_CONFIG",
    `http.listen: ${host} can be reached from other hosts, and there are neither tokens nor a tls.client_ca; make a token with \`machinist token new NAME --scopes read\`, or listen on 127.0.0.1`,
  );
}

function refuseHalfOpen(host: string, tokens: number): void {
  const wrong = isLoopback(host)
    ? tokens > 0 && "there are tokens"
    : `${host} can be reached from other hosts`;
  if (wrong === false) return;
  throw new MachinistError(
    "INVALID_CONFIG",
    `http.open: whoever can connect may do everything, and ${wrong}; leave out one of the two`,
  );
}

/** Adds the checks, in this order. */
export async function guard(app: App, options: HttpOptions, access: Access): Promise<void> {
  // None of these waits for anything: with promises they would cost more than what they do.
  app.addHook("onRequest", (request, _reply, done) => {
    checkHost(request, options.hosts);
    done();
  });
  await app.register(rateLimit, {
    global: false,
    max: options.ratePerMinute,
    timeWindow: 60_000,
    // Who is within the limit need not read of it with every answer: three headers cost as much as a check.
    addHeaders: { "x-ratelimit-limit": false, "x-ratelimit-remaining": false, "x-ratelimit-reset": false },
    errorResponseBuilder: (_request, { max, after }) =>
      new MachinistError("RATE_LIMITED", `more than ${max} requests in a minute; try again in ${after}`),
  });
  app.addHook("onRequest", app.rateLimit());
  app.addHook("onRequest", (request, reply, done) => {
    if (!isAnswered(request, reply, options.origins)) done();
  });
  addSignInLink(app, access);
  app.addHook("onRequest", (request, _reply, done) => {
    // A path that is no route has no scope; what there is and what not is nobody's business without a token.
    const { scope } = request.routeOptions.config;
    if (scope !== "open") request.visitor = access.check(request, scope);
    request.alsoNeeds = (more) => void access.check(request, more);
    done();
  });
}

/**
 * A page of a foreign name that resolves to this host (DNS rebinding) asks with that name. An address as the host is no name
 * that anybody could have pointed here.
 */
function checkHost({ headers, hostname: asked }: FastifyRequest, hosts: readonly string[]): void {
  const name = asked
    .toLowerCase()
    .replace(/^\[(.*)\]$/, "$1")
    .replace(/\.$/, "");
  const isOurs =
    isIP(name) !== 0 || name === "localhost" || name === hostname().toLowerCase() || hosts.includes(name);
  if (isOurs && /^[\w.:[\]-]+$/.test(headers.host ?? headers[":authority"]?.toString() ?? "")) return;
  const found = headers.host === undefined ? "no host" : JSON.stringify(headers.host.slice(0, 200));
  throw new MachinistError(
    "WRONG_HOST",
    `the request is for ${found}, which is not a name of this daemon; add it to http.hosts`,
  );
}

/**
 * Browsers say which page asks. Pages of other origins are refused, also where they need no answer to do harm.
 * @returns whether it was only asked whether it may be asked
 */
function isAnswered(
  { headers, method, protocol }: FastifyRequest,
  reply: FastifyReply,
  origins: readonly string[],
): boolean {
  const { origin, host } = headers;
  if (origin === undefined || origin === `${protocol}://${host}`) return false;
  if (!origins.includes(origin)) {
    throw new MachinistError("FORBIDDEN", "pages of this origin may not ask; add it to http.origins");
  }
  void reply.headers({ "access-control-allow-origin": origin, vary: "Origin" });
  if (method !== "OPTIONS" || headers["access-control-request-method"] === undefined) return false;
  void reply
    .code(204)
    .headers({
      "access-control-allow-methods": "GET, POST, PUT, PATCH, DELETE",
      "access-control-allow-headers": "authorization, content-type, if-match, if-none-match, last-event-id",
      "access-control-max-age": "600",
    })
    .send();
  return true;
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}
