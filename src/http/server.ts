/** The control plane: one server on a unix socket, whose file mode is the permission, and the same on TCP when asked. */
import { chmod, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Clock, systemClock } from "../lib/clock.ts";
import { MachinistError, messageOf } from "../lib/errors.ts";
import type { Logger } from "../lib/logger.ts";
import { hashOfToken, newToken } from "../lib/token.ts";
import { Access } from "./access.ts";
import { type AppOptions, createApp, defaultLimits, type Limits } from "./app.ts";
import { readCertificates } from "./certificates.ts";
import { guard, refuseOpenDoor } from "./guard.ts";
import type { HttpOptions } from "./http-options.ts";
import type { LiveStreams } from "./live.ts";
import type { App, Routes } from "./routes.ts";
import { sessionRoutes } from "./session-routes.ts";
import { sessionSecret } from "./session-secret.ts";

export interface HttpServer {
  /** Where it answers on TCP, `http://127.0.0.1:7890`, `https:` with TLS; undefined when it does not. */
  readonly url: string | undefined;
  /** The same with a token that was made for this start, because nobody said who may: for a person's eyes, never for a log. */
  readonly signInUrl: string | undefined;
  /** Ends open connections and removes the socket. */
  close(): Promise<void>;
}

export interface ServeOptions {
  /** In the data directory, beside what signs the sessions. */
  readonly socketPath: string;
  readonly routes: readonly Routes[];
  readonly log: Logger;
  /** What the routes answer with for as long as somebody reads; ended by `close`. */
  readonly streams?: LiveStreams;
  /** Left out: only the socket. */
  readonly http?: HttpOptions | undefined;
  readonly limits?: Limits;
  /** When sessions end. */
  readonly clock?: Clock;
}

/** The longest path that a unix socket may have on Linux and macOS alike, in bytes. */
const longestSocketPath = 103;

/** @throws INVALID_CONFIG: the path is too long for a socket, TCP would be open to all, an address or a file cannot be had */
export async function serve(options: ServeOptions): Promise<HttpServer> {
  const { socketPath, routes, log, http, limits = defaultLimits, clock = systemClock } = options;
  refuseLongPath(socketPath);
  if (http) refuseOpenDoor(http);
  const secretFile = join(dirname(socketPath), "session.secret");
  const tcp = http && (await listenOnTcp({ routes, log, limits }, http, { secretFile, clock }));
  const local = await createApp({ routes, log, limits });
  // Whoever opens the data directory holds its lock, so a socket file there was left by a daemon that is gone.
  await rm(socketPath, { force: true });
  await local.listen({ path: socketPath });
  await chmod(socketPath, 0o600);
  return {
    url: tcp?.url,
    signInUrl: tcp?.signInUrl,
    async close() {
      options.streams?.close();
      await Promise.all([tcp?.app.close(), local.close()]);
      await rm(socketPath, { force: true });
    },
  };
}

interface Tcp {
  readonly app: App;
  readonly url: string;
  readonly signInUrl: string | undefined;
}

async function listenOnTcp(
  options: AppOptions,
  http: HttpOptions,
  { secretFile, clock }: { readonly secretFile: string; readonly clock: Clock },
): Promise<Tcp> {
  const { host, port, tls } = http;
  const certificates = tls && (await readCertificates(tls));
  const made = saysNobodyWhoMay(http) ? newToken() : undefined;
  const access = new Access({
    tokens:
      made === undefined ? http.tokens : [{ name: "start", hash: hashOfToken(made), scopes: ["admin"] }],
    isMade: made !== undefined,
    secret: await sessionSecret(secretFile),
    clock,
    secure: tls !== undefined,
  });
  const app = await createApp({
    ...options,
    routes: [...options.routes, sessionRoutes(access)],
    ...(certificates && { tls: certificates }),
    guard: (bare) => guard(bare, http, access),
  });
  try {
    // It does not know of the TLS of a server that it has not made.
    const url = (await app.listen({ host, port })).replace(/^http:/, tls ? "https:" : "http:");
    return { app, url, signInUrl: made && `${url}/?token=${made}` };
  } catch (cause) {
    await app.close();
    throw new MachinistError("INVALID_CONFIG", `http.listen: ${reasonOf(cause, http)}`, { cause });
  }
}

function saysNobodyWhoMay({ open, tokens, tls }: HttpOptions): boolean {
  return !open && tokens.length === 0 && tls?.clientCa === undefined;
}

function reasonOf(cause: unknown, { host, port }: HttpOptions): string {
  if (!(cause instanceof Error && "code" in cause && cause.code === "EADDRINUSE")) return messageOf(cause);
  return `another program has port ${port} of ${host}; stop that one, or take another port with --http ${host}:PORT`;
}

function refuseLongPath(socketPath: string): void {
  const bytes = Buffer.byteLength(socketPath);
  if (bytes <= longestSocketPath) return;
  const found = `the control socket's path has ${bytes} bytes, at most ${longestSocketPath} are possible`;
  throw new MachinistError(
    "INVALID_CONFIG",
    `--data: ${found}: ${socketPath}; choose a shorter data directory`,
  );
}
