/** `X-HTTP-Method-Override`: on a POST, the method that is meant, for clients that know only GET and POST. */
import { METHODS } from "node:http";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { Refusal } from "./refusal.ts";

const header = "x-http-method-override";
/** Not HEAD: the client of a POST waits for the body that an answer announces. */
const meanable = new Set(METHODS.filter((method) => method !== "HEAD"));

/** To be added as `onRequest` hook: such a request is routed again, as what it means. */
export function methodOverride(app: FastifyInstance) {
  return async ({ raw }: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const meant = raw.headers[header];
    if (raw.method !== "POST" || typeof meant !== "string") return;
    const method = meant.toUpperCase();
    if (!meanable.has(method)) throw new Refusal("Client Error");
    delete raw.headers[header];
    raw.method = method;
    reply.hijack();
    app.routing(raw, reply.raw);
  };
}
