/** How the daemon answers on TCP. */
import type { KnownToken } from "../lib/token.ts";

export interface HttpOptions {
  /** Without the brackets of an IPv6 address. */
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  /** Everyone who can connect may do everything: only on loopback, and without tokens. */
  readonly open: boolean;
  /** Empty: one is made at each start, unless it is open or `clientCa` says who may connect. */
  readonly tokens: readonly KnownToken[];
  /** Absolute paths of PEM files. `clientCa`: only clients with a certificate signed by it may connect. */
  readonly tls: { readonly cert: string; readonly key: string; readonly clientCa?: string } | undefined;
  /** Names that requests may be for, besides addresses, `localhost` and the name of this host. */
  readonly hosts: readonly string[];
  /** Origins whose pages may ask: `https://dash.example`. */
  readonly origins: readonly string[];
  /** Requests of one address in a minute. */
  readonly ratePerMinute: number;
}

export const defaultRatePerMinute = 6_000;
