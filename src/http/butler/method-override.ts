/** `X-HTTP-Method-Override`: on a POST, the method that is meant, for clients that know only GET and POST. */
import { type IncomingMessage, METHODS } from "node:http";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { Refusal } from "./refusal.ts";

const header = "x-http-method-override";
/** Not HEAD: the client of a POST waits for the body that an answer announces. */
const meanable = new Set(METHODS.filter((method) => method !== "HEAD"));

/**
 * Such requests below the prefix are what they mean before anything else sees them: they are routed, counted and asked for a token
 * once, as that.
 */
export function methodOverride(app: FastifyInstance, prefix: string): void {
  app.server.prependListener("request", (request: IncomingMessage) => {
    const meant = request.headers[header];
    if (request.method !== "POST" || typeof meant !== "string" || !request.url?.startsWith(prefix)) return;
    const method = meant.toUpperCase();
    if (!meanable.has(method)) return;
    delete request.headers[header];
    request.method = method;
  });
}

/** To be added as `onRequest` hook: refuses those whose meaning is no method. */
export async function refuseMeaningless({ method, headers }: FastifyRequest): Promise<void> {
  if (method === "POST" && headers[header] !== undefined) throw new Refusal("Client Error");
}
