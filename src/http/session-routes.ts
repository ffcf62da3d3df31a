/** `/v1/session`: who asks, signing in with a token, signing out. */
import type { FastifyReply } from "fastify";
import { Type } from "typebox";
import { MachinistError } from "../lib/errors.ts";
import { scopes } from "../lib/token.ts";
import type { Access, Visitor } from "./access.ts";
import type { App, Routes } from "./routes.ts";
import { limitedSignIn } from "./sign-in.ts";

const visitorSchema = Type.Object(
  {
    name: Type.String({ description: "Of the token" }),
    scopes: Type.Array(Type.Enum([...scopes])),
    csrf: Type.Union([Type.String(), Type.Null()], {
      description: "For the header x-csrf-token of writes; null where no cookie is what lets in",
    }),
  },
  { additionalProperties: false },
);

const tags = ["daemon"];
// Each says itself who may: any token is good enough, whatever its scopes.
const open = { config: { scope: "open" } } as const;

/** Only for TCP: the socket asks for nothing. */
export function sessionRoutes(access: Access): Routes {
  return (app) => {
    addReading(app, access);
    addSigningIn(app, access);
    addSigningOut(app, access);
  };
}

function addReading(app: App, access: Access): void {
  app.get(
    "/v1/session",
    { ...open, schema: { tags, summary: "Who asks", response: { 200: visitorSchema } } },
    (request, reply) => answer(reply, access.visitor(request)),
  );
}

function addSigningIn(app: App, access: Access): void {
  const signIn = limitedSignIn(app, access);
  app.post(
    "/v1/session",
    {
      ...open,
      schema: {
        tags,
        summary: "Signs in: sets the cookie of a session",
        body: Type.Object({ token: Type.String() }, { additionalProperties: false }),
        response: { 200: visitorSchema },
      },
    },
    async (request, reply) => {
      const signedIn = await signIn(request, request.body.token);
      if (!signedIn) throw new MachinistError("UNAUTHENTICATED", "this token is not known");
      return answer(reply.header("set-cookie", signedIn.setCookie), signedIn.visitor);
    },
  );
}

function addSigningOut(app: App, access: Access): void {
  app.delete(
    "/v1/session",
    {
      ...open,
      schema: { tags, summary: "Signs out: clears the cookie", response: { 204: Type.Null() } },
    },
    (request, reply) => {
      access.visitor(request);
      return reply.code(204).headers({ "set-cookie": access.signOut(), "cache-control": "no-store" }).send();
    },
  );
}

function answer(reply: FastifyReply, { name, scopes: good, csrf }: Visitor): FastifyReply {
  return reply.header("cache-control", "no-store").send({ name, scopes: good, csrf });
}
