/** How to log in to NATS where the URL of the store does not say: files rather than secrets. */

/** Paths are absolute, or relative to the working directory. At most one of credentials, nkey, token and user. */
export interface NatsOptions {
  /** A credentials file: JWT and seed of a user, as `nsc` writes it. */
  readonly credentialsFile?: string;
  /** A file with the seed of an nkey. */
  readonly nkeyFile?: string;
  /** A file with a token. */
  readonly tokenFile?: string;
  readonly user?: string;
  /** A file with the user's password. */
  readonly passwordFile?: string;
  /** The server proves itself by a certificate; `tls://` in the URL, or any of these, asks for it. */
  readonly tls?: {
    /** Who signs the servers' certificates, in PEM. Default: those whom Node trusts. */
    readonly caFile?: string;
    /** A certificate of our own and its key, in PEM, where the server wants one. */
    readonly certFile?: string;
    readonly keyFile?: string;
  };
  /** The JetStream domain whose buckets are used. Default: that of the server. */
  readonly domain?: string;
  /** How often the server says that a watch is alive, in ms from 1000; default 10 s. After 2.5 times this without a sign the watch begins anew. */
  readonly heartbeatMs?: number;
}
