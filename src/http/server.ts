/** The control plane: one HTTP server on a unix socket, whose file mode is the permission. */
import { chmod, rm } from "node:fs/promises";
import { type FastifyError, type FastifyInstance, fastify } from "fastify";
import { httpStatusOf, MachinistError } from "../lib/errors.ts";
import type { Logger } from "../lib/logger.ts";

export interface HttpServer {
  /** Ends open connections and removes the socket. */
  close(): Promise<void>;
}

/** The longest path that a unix socket may have on Linux and macOS alike, in bytes. */
const longestSocketPath = 103;

/** @throws INVALID_CONFIG when the path is too long for a socket */
export async function serve(
  socketPath: string,
  routes: readonly ((app: FastifyInstance) => void)[],
  log: Logger,
): Promise<HttpServer> {
  refuseLongPath(socketPath);
  const app = fastify({
    forceCloseConnections: true,
    bodyLimit: 4 * 1024 * 1024,
    // What is asked for is refused or obeyed as it stands: no field is dropped and no type guessed.
    ajv: { customOptions: { removeAdditional: false, coerceTypes: false } },
  });
  app.setErrorHandler((cause: FastifyError | MachinistError, request, reply) => {
    const error = cause instanceof MachinistError ? cause : asOurs(cause);
    if (!error) {
      log.error("a request failed", { method: request.method, path: request.url, reason: cause.message });
      return reply.code(500).send(errorBody(new MachinistError("FAILED", "the daemon failed; see its log")));
    }
    return reply.code(httpStatusOf(error.code)).send(errorBody(error));
  });
  app.setNotFoundHandler((request, reply) => {
    const error = new MachinistError("ROUTE_NOT_FOUND", `there is no ${request.method} ${request.url}`);
    return reply.code(404).send(errorBody(error));
  });
  for (const route of routes) route(app);
  // Whoever opens the data directory holds its lock, so a socket file there was left by a daemon that is gone.
  await rm(socketPath, { force: true });
  await app.listen({ path: socketPath });
  await chmod(socketPath, 0o600);
  return {
    async close() {
      await app.close();
      await rm(socketPath, { force: true });
    },
  };
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

/** What fastify refuses (bad JSON, wrong shape, too large) is the caller's to mend. */
function asOurs(cause: FastifyError): MachinistError | undefined {
  const status = cause.statusCode ?? 500;
  if (status >= 500) return undefined;
  return new MachinistError(status === 413 ? "VALUE_TOO_LARGE" : "INVALID_ARGUMENT", cause.message, {
    cause,
  });
}

function errorBody({ code, message, details }: MachinistError): object {
  return { error: { code, message, details } };
}
