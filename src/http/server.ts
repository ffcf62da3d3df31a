/** The control plane: one server on a unix socket, whose file mode is the permission, and the same on TCP when asked. */
import { chmod, readFile, rm } from "node:fs/promises";
import { createSecureContext } from "node:tls";
import { MachinistError, messageOf } from "../lib/errors.ts";
import type { Logger } from "../lib/logger.ts";
import { type AppOptions, type Certificates, createApp, defaultLimits, type Limits } from "./app.ts";
import { guard, refuseOpenDoor } from "./guard.ts";
import type { HttpOptions } from "./http-options.ts";
import type { LiveStreams } from "./live.ts";
import type { App, Routes } from "./routes.ts";

export interface HttpServer {
  /** Where it answers on TCP, `http://127.0.0.1:7890`, `https:` with TLS; undefined when it does not. */
  readonly url: string | undefined;
  /** Ends open connections and removes the socket. */
  close(): Promise<void>;
}

export interface ServeOptions {
  readonly socketPath: string;
  readonly routes: readonly Routes[];
  readonly log: Logger;
  /** What the routes answer with for as long as somebody reads; ended by `close`. */
  readonly streams?: LiveStreams;
  /** Left out: only the socket. */
  readonly http?: HttpOptions | undefined;
  readonly limits?: Limits;
}

/** The longest path that a unix socket may have on Linux and macOS alike, in bytes. */
const longestSocketPath = 103;

/** @throws INVALID_CONFIG: the path is too long for a socket, TCP would be open to all, an address or a file cannot be had */
export async function serve(options: ServeOptions): Promise<HttpServer> {
  const { socketPath, routes, log, http, limits = defaultLimits } = options;
  refuseLongPath(socketPath);
  if (http) refuseOpenDoor(http);
  const tcp = http && (await listenOnTcp({ routes, log, limits }, http));
  const local = await createApp({ routes, log, limits });
  // Whoever opens the data directory holds its lock, so a socket file there was left by a daemon that is gone.
  await rm(socketPath, { force: true });
  await local.listen({ path: socketPath });
  await chmod(socketPath, 0o600);
  return {
    url: tcp?.url,
    async close() {
      options.streams?.close();
      await Promise.all([tcp?.app.close(), local.close()]);
      await rm(socketPath, { force: true });
    },
  };
}

async function listenOnTcp(
  options: AppOptions,
  http: HttpOptions,
): Promise<{ readonly app: App; readonly url: string }> {
  const tls = http.tls && (await readCertificates(http.tls));
  const app = await createApp({ ...options, ...(tls && { tls }), guard: (made) => guard(made, http) });
  try {
    const { host, port } = http;
    const url = await app.listen({ host, port });
    // It does not know of the TLS of a server that it has not made.
    return { app, url: tls ? url.replace(/^http:/, "https:") : url };
  } catch (cause) {
    await app.close();
    throw new MachinistError("INVALID_CONFIG", `http.listen: ${messageOf(cause)}`, { cause });
  }
}

async function readCertificates(files: NonNullable<HttpOptions["tls"]>): Promise<Certificates> {
  const { cert, key, clientCa } = files;
  const read = {
    cert: await pem("tls.cert", cert),
    key: await pem("tls.key", key),
    ...(clientCa === undefined ? {} : { ca: await pem("tls.client_ca", clientCa) }),
  };
  try {
    createSecureContext(read);
  } catch (cause) {
    const what = "these are no certificate and its key, or not of each other";
    throw new MachinistError("INVALID_CONFIG", `http.tls: ${what}: ${messageOf(cause)}`, { cause });
  }
  return read;
}

async function pem(place: string, file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw new MachinistError("INVALID_CONFIG", `http.${place}: ${messageOf(cause)}`, { cause });
  }
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
