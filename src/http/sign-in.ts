/** Signing in, so many times in a minute; and the link that does it. */
import type { FastifyReply, FastifyRequest } from "fastify";
import { MachinistError } from "../lib/errors.ts";
import type { Access } from "./access.ts";
import type { App } from "./routes.ts";

/** Tries of one address in a minute, good and bad ones. */
const mostTries = 60;

export type SignIn = (request: FastifyRequest, token: string) => Promise<ReturnType<Access["signIn"]>>;

/** To be called after the limiter was registered. @returns what throws RATE_LIMITED when it is tried too often */
export function limitedSignIn(app: App, access: Access): SignIn {
  const count = app.createRateLimit({ max: mostTries, timeWindow: 60_000 });
  return async (request, token) => {
    const counted = await count(request);
    if (counted.isAllowed || !counted.isExceeded) return access.signIn(token);
    throw new MachinistError(
      "RATE_LIMITED",
      `more than ${mostTries} tries to sign in within a minute; try again in ${counted.ttlInSeconds} seconds`,
    );
  };
}

/** `/?token=…`: the token goes out of the address, so that no history and no bookmark keeps it. A wrong one changes nothing. */
export function addSignInLink(app: App, access: Access): void {
  const signIn = limitedSignIn(app, access);
  app.addHook("onRequest", (request, reply, done) => {
    const { scope } = request.routeOptions.config;
    // Links lead to pages: to what is open, or to a path that is no route.
    if (request.method !== "GET" || (scope ?? "open") !== "open") done();
    else followLink(request, reply, signIn).then((answered) => answered ?? done(), done);
  });
}

async function followLink(
  request: FastifyRequest,
  reply: FastifyReply,
  signIn: SignIn,
): Promise<FastifyReply | undefined> {
  const { pathname, searchParams } = new URL(request.url, "http://localhost");
  const token = searchParams.get("token");
  if (token === null) return undefined;
  void reply.header("cache-control", "no-store");
  const signedIn = await signIn(request, token);
  if (!signedIn) return undefined;
  searchParams.delete("token");
  // Two slashes would begin the name of another host.
  const path = pathname.replace(/^\/+/, "/");
  const query = searchParams.size === 0 ? "" : `?${searchParams}`;
  return reply.header("set-cookie", signedIn.setCookie).redirect(`${path}${query}`, 303);
}
