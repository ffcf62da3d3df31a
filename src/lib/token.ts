/** Bearer tokens: made here, shown once, and known from then on by their hash only. */
import { hash, randomBytes, timingSafeEqual } from "node:crypto";

/** What a token may be good for; `admin` is good for everything. */
export const scopes = ["read", "write", "transition", "admin"] as const;
export type Scope = (typeof scopes)[number];

/** One token as a config file knows it. */
export interface KnownToken {
  readonly name: string;
  /** `sha256:` and 64 hex digits. A token is random and long, so no slower hash is needed. */
  readonly hash: string;
  readonly scopes: readonly Scope[];
}

/** 256 random bits, marked so that people and scanners know one when they see it. */
export function newToken(): string {
  return `mch_${randomBytes(32).toString("base64url")}`;
}

export function hashOfToken(token: string): string {
  return `sha256:${digest(token).toString("hex")}`;
}

/** The one that was given. The time it takes says neither which one is like it nor how far. */
export function findToken(known: readonly KnownToken[], given: string): KnownToken | undefined {
  const found = digest(given);
  // All are compared, whether one has matched or not.
  return known.filter((token) => timingSafeEqual(bytesOf(token), found)).at(0);
}

/** The time it takes does not say how far they are alike. */
export function sameSecret(one: string, other: string): boolean {
  return timingSafeEqual(digest(one), digest(other));
}

export function mayDo(token: Pick<KnownToken, "scopes">, scope: Scope): boolean {
  return token.scopes.includes(scope) || token.scopes.includes("admin");
}

function digest(text: string): Buffer {
  return hash("sha256", text, "buffer");
}

/** Each request with a token asks for those of all tokens. */
const bytes = new WeakMap<KnownToken, Buffer>();

function bytesOf(token: KnownToken): Buffer {
  const known = bytes.get(token) ?? Buffer.from(token.hash.replace(/^sha256:/, ""), "hex");
  bytes.set(token, known);
  return known;
}
