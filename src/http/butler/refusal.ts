/** What Butler answers when it does not do what it was asked: each in its words. */
import { STATUS_CODES } from "node:http";
import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import { httpStatusOf, MachinistError } from "../../lib/errors.ts";
import type { Logger } from "../../lib/logger.ts";

/** A refusal with the very text that Butler's clients know. */
export class Refusal extends Error {
  readonly statusCode: number;
  readonly code: string | undefined;

  constructor(message: string, statusCode = 400, code?: string) {
    super(message);
    this.statusCode = statusCode;
    this.code = code;
  }
}

/** Of a request whose shape is wrong, in the words of the validator that Butler has. */
export function misshapen(message: string): Refusal {
  return new Refusal(message, 400, "FST_ERR_VALIDATION");
}

export function noNamespace(namespace: string): Refusal {
  return new Refusal(`Namespace not found: ${namespace}`);
}

export function noKey(namespace: string, key: string): Refusal {
  return new Refusal(`Key '${key}' not found in namespace: ${namespace}`);
}

export function missingParameter(): Refusal {
  return new Refusal("Required parameter is missing");
}

declare module "fastify" {
  interface FastifyContextConfig {
    /** What a client of Butler is told when the store fails. */
    butlerFailure?: string;
  }
}

type Thrown = FastifyError | MachinistError | Refusal;

/** To be set as error handler: what the store cannot do is in the log, and a client hears Butler's text for that route. */
export function refuse(log: Logger) {
  return (thrown: Thrown, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const { statusCode, code } = statusOf(thrown);
    if (statusCode < 500 || thrown instanceof Refusal) return send(reply, statusCode, thrown.message, code);
    log.error("a request of Butler's API failed", { method: request.method, reason: thrown.message });
    const { butlerFailure = "Failed" } = request.routeOptions.config;
    return send(reply, 500, butlerFailure);
  };
}

/** To be set as handler of what is not found. */
export function refuseRoute(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return send(reply, 404, `Route ${request.method}:${request.url} not found`);
}

function statusOf(thrown: Thrown): { statusCode: number; code?: string | undefined } {
  if (thrown instanceof MachinistError) return { statusCode: httpStatusOf(thrown.code) };
  return { statusCode: thrown.statusCode ?? 500, code: thrown.code };
}

/** `code` is left out where it is undefined. */
function send(reply: FastifyReply, statusCode: number, message: string, code?: string): FastifyReply {
  return reply.code(statusCode).send({ statusCode, code, error: STATUS_CODES[statusCode], message });
}
