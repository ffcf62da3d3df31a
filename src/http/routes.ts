/** What a group of routes is: a function that adds them, each with its scope and its schema. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { FastifyBaseLogger, FastifyInstance, FastifyTypeProvider, RawServerDefault } from "fastify";
import type { Static, TSchema } from "typebox";
import type { Scope } from "../lib/token.ts";
import type { Visitor } from "./access.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** What a token must be good for; `open`: none is asked for. Every route says one. */
    scope?: Scope | "open";
  }
  interface FastifyRequest {
    /** Who was let in over TCP; undefined over the socket, and on open routes. */
    visitor: Visitor | undefined;
    /** For a route whose body asks for more than its own scope. @throws FORBIDDEN; never over the socket */
    alsoNeeds(scope: Scope): void;
  }
}

/** Requests have the types of their schemas. */
export interface SchemaTypes extends FastifyTypeProvider {
  readonly validator: this["schema"] extends TSchema ? Static<this["schema"]> : unknown;
}

export type App = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  SchemaTypes
>;

/** Adds a group of routes, each with `config: { scope }` and a schema. */
export type Routes = (app: App) => void;
