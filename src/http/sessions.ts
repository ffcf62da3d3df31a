/**
 * Sessions of browsers: signed texts that name a token by its fingerprint and end by themselves. The daemon keeps nothing but
 * the secret that signs them, so they survive it, and end when their token is removed or changed.
 */
import { createHmac, randomBytes } from "node:crypto";
import type { Clock } from "../lib/clock.ts";
import { type KnownToken, sameSecret } from "../lib/token.ts";

/** How long a session lasts, whether it is used or not. */
export const sessionMs = 30 * 24 * 60 * 60 * 1000;

export interface Session {
  readonly token: KnownToken;
  /** What a page must send along with each write. */
  readonly csrf: string;
}

export interface SessionsOptions {
  /** 32 random bytes. */
  readonly secret: Buffer;
  readonly tokens: readonly KnownToken[];
  /** The one token is made anew at each start: a session of an earlier one is as good. */
  readonly isMade: boolean;
  readonly clock: Clock;
}

export class Sessions {
  /** Tells apart the cookies of daemons on one host, which share what they set on 127.0.0.1; the same after a restart. */
  readonly id: string;
  readonly #secret: Buffer;
  readonly #tokens: readonly (readonly [fingerprint: string, KnownToken])[];
  readonly #clock: Clock;

  constructor({ secret, tokens, isMade, clock }: SessionsOptions) {
    this.#secret = secret;
    this.#clock = clock;
    this.id = this.#sign("id", "").slice(0, 8);
    this.#tokens = tokens.map((token) => [
      isMade ? this.#sign("made at start", "") : this.#sign("token", `${token.hash} ${token.name}`),
      token,
    ]);
  }

  /** @param token one of those that the sessions were made with. @returns the text for the cookie, and the session */
  begin(token: KnownToken): { readonly text: string; readonly session: Session } {
    const [fingerprint = ""] = this.#tokens.find(([, known]) => known === token) ?? [];
    const expires = this.#clock.now() + sessionMs;
    const content = `${expires}.${fingerprint}.${randomBytes(16).toString("base64url")}`;
    return { text: `${content}.${this.#sign("session", content)}`, session: this.#session(token, content) };
  }

  /** @returns undefined for what was not signed here, has ended, or whose token is gone */
  find(text: string): Session | undefined {
    const [, content = "", expires = "", fingerprint = "", signature = ""] =
      /^((\d{1,16})\.([\w-]+)\.[\w-]+)\.([\w-]+)$/.exec(text) ?? [];
    if (!sameSecret(signature, this.#sign("session", content))) return undefined;
    if (Number(expires) <= this.#clock.now()) return undefined;
    const known = this.#tokens.find(([print]) => sameSecret(print, fingerprint));
    return known && this.#session(known[1], content);
  }

  #session(token: KnownToken, content: string): Session {
    return { token, csrf: this.#sign("csrf", content) };
  }

  /** @param use keeps what is signed for one use from being good for another */
  #sign(use: string, content: string): string {
    return createHmac("sha256", this.#secret).update(`${use}\n${content}`).digest("base64url");
  }
}
