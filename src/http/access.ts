/** Who asks: told from the token in the header, else from the session in the cookie. */
import type { FastifyRequest } from "fastify";
import type { Clock } from "../lib/clock.ts";
import { MachinistError } from "../lib/errors.ts";
import { findToken, type KnownToken, mayDo, type Scope, sameSecret } from "../lib/token.ts";
import { type SessionCookie, sessionCookie } from "./session-cookie.ts";
import { type Session, Sessions, sessionMs } from "./sessions.ts";

export interface Visitor {
  /** By what it was let in. */
  readonly kind: "token" | "session" | "anyone";
  /** Of the token. */
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** What `x-csrf-token` must hold in each write; null when no cookie is what lets in. */
  readonly csrf: string | null;
}

export interface AccessOptions {
  /** Empty: everyone who can connect may do everything. */
  readonly tokens: readonly KnownToken[];
  readonly isMade: boolean;
  readonly secret: Buffer;
  readonly clock: Clock;
  /** Over TLS. */
  readonly secure: boolean;
}

const anyone: Visitor = { kind: "anyone", name: "anyone", scopes: ["admin"], csrf: null };

export class Access {
  readonly #tokens: readonly KnownToken[];
  readonly #sessions: Sessions;
  readonly #cookie: SessionCookie;

  constructor(options: AccessOptions) {
    this.#tokens = options.tokens;
    this.#sessions = new Sessions(options);
    this.#cookie = sessionCookie(this.#sessions.id, options);
  }

  /** @throws UNAUTHENTICATED when nobody is known to ask, FORBIDDEN for a write that a foreign page may have made */
  visitor(request: FastifyRequest): Visitor {
    if (this.#tokens.length === 0) return anyone;
    const { authorization, cookie } = request.headers;
    if (authorization !== undefined) return { ...this.#bearer(authorization), kind: "token", csrf: null };
    const text = this.#cookie.read(cookie);
    if (text === undefined) throw unknown("there is none: Authorization: Bearer TOKEN");
    const session = this.#sessions.find(text);
    if (!session) throw unknown("the session has ended; sign in again");
    if (!/^(GET|HEAD|OPTIONS)$/.test(request.method)) refuseForeignPage(request, session);
    return { ...session.token, kind: "session", csrf: session.csrf };
  }

  /** @returns who asks. @throws as `visitor`, and FORBIDDEN when the token is not good for that */
  check(request: FastifyRequest, scope: Scope | undefined): Visitor {
    const visitor = this.visitor(request);
    if (scope === undefined || mayDo(visitor, scope)) return visitor;
    throw new MachinistError(
      "FORBIDDEN",
      `token ${visitor.name} is good for ${visitor.scopes.join(", ")}, and this needs ${scope}`,
    );
  }

  /** @returns undefined for a token that is not known; else who it is, and the cookie to set */
  signIn(given: string): { readonly visitor: Visitor; readonly setCookie: string } | undefined {
    const token = findToken(this.#tokens, given);
    if (!token) return undefined;
    const { text, session } = this.#sessions.begin(token);
    return {
      visitor: { ...token, kind: "session", csrf: session.csrf },
      setCookie: this.#cookie.write(text, sessionMs),
    };
  }

  /** @returns the cookie to set */
  signOut(): string {
    return this.#cookie.clear();
  }

  #bearer(authorization: string): KnownToken {
    const given = /^Bearer +([\w.~+/=-]+)$/i.exec(authorization)?.[1];
    const token = given === undefined ? undefined : findToken(this.#tokens, given);
    if (!token) throw unknown("it is not known: Authorization: Bearer TOKEN");
    return token;
  }
}

function unknown(why: string): MachinistError {
  return new MachinistError("UNAUTHENTICATED", `a token is needed, and ${why}`);
}

/** A browser sends the cookie by itself; only a page of ours can read what else it must send. */
function refuseForeignPage({ headers, protocol }: FastifyRequest, { csrf }: Session): void {
  const { origin, host } = headers;
  const site = headers["sec-fetch-site"];
  const isOurs =
    site === undefined ? origin === undefined || origin === `${protocol}://${host}` : site === "same-origin";
  if (!isOurs) throw new MachinistError("FORBIDDEN", "pages of other origins may not write with a session");
  const found = headers["x-csrf-token"];
  if (typeof found === "string" && sameSecret(found, csrf)) return;
  throw new MachinistError(
    "FORBIDDEN",
    `a write with a session needs the header x-csrf-token, and ${found === undefined ? "there is none" : "it is not that of this session"}; GET /v1/session tells it`,
  );
}
