/** Asks the daemon over its unix socket: JSON out, JSON in, and its errors are our errors again. */
import { type IncomingMessage, request } from "node:http";
import { localUser } from "../config/local-user.ts";
import { userHeader } from "../http/actor.ts";
import { isErrorCode, MachinistError, messageOf } from "../lib/errors.ts";
import { isJsonObject, type Json } from "../lib/json.ts";

export interface DaemonRequest {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** Already escaped: build it with `route`. */
  readonly path: string;
  readonly body?: Json;
  /** How long the daemon may say nothing. Default: forever. */
  readonly timeoutMs?: number;
}

/** `/v1/machines/a%20b`: every part escaped. */
export function route(...parts: readonly string[]): string {
  return `/v1/${parts.map(encodeURIComponent).join("/")}`;
}

/**
 * Waits for the answer as long as the daemon takes: a transition may have to wait for the rate limit.
 * @returns the body; null when there is none
 * @throws DAEMON_NOT_RUNNING, or what the daemon answered
 */
export async function askDaemon(socketPath: string, asked: DaemonRequest): Promise<Json> {
  const answer = await send(socketPath, asked);
  const status = answer.statusCode ?? 0;
  const body = parse(await textOf(answer), status);
  if (status >= 200 && status < 300) return body;
  throw asError(body, status);
}

/** One request; the answer is still to be read. @throws DAEMON_NOT_RUNNING */
export function send(
  socketPath: string,
  { method, path, body, timeoutMs }: DaemonRequest,
): Promise<IncomingMessage> {
  const text = body === undefined ? undefined : JSON.stringify(body);
  const headers = {
    [userHeader]: encodeURIComponent(localUser()),
    ...(text !== undefined && {
      "content-type": "application/json",
      "content-length": Buffer.byteLength(text),
    }),
  };
  return new Promise((resolve, reject) => {
    const outgoing = request({ socketPath, method, path, headers, agent: false }, resolve);
    if (timeoutMs !== undefined)
      outgoing.setTimeout(timeoutMs, () => outgoing.destroy(new Error(`no answer within ${timeoutMs} ms`)));
    outgoing.once("error", (error) => reject(unreachable(error, socketPath)));
    outgoing.end(text);
  });
}

function unreachable(error: NodeJS.ErrnoException, socketPath: string): MachinistError {
  if (error.code === "ENOENT" || error.code === "ECONNREFUSED") {
    return new MachinistError(
      "DAEMON_NOT_RUNNING",
      `no daemon answers at ${socketPath}; start one with \`machinist run\``,
      { cause: error },
    );
  }
  if (error.code === "EACCES") {
    return new MachinistError("FAILED", `only its owner may talk to the daemon at ${socketPath}`, {
      cause: error,
    });
  }
  return new MachinistError("FAILED", `the daemon at ${socketPath} broke off: ${error.message}`, {
    cause: error,
  });
}

export async function textOf(answer: IncomingMessage): Promise<string> {
  const chunks: Uint8Array[] = [];
  try {
    for await (const chunk of answer) chunks.push(Buffer.from(chunk));
  } catch (error) {
    throw new MachinistError("FAILED", `the daemon broke off its answer: ${messageOf(error)}`, {
      cause: error,
    });
  }
  return Buffer.concat(chunks).toString("utf8");
}

export function parse(text: string, status: number): Json {
  if (text === "") return null;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new MachinistError("FAILED", `the daemon answered ${status} with something that is no JSON`, {
      cause: error,
    });
  }
}

export function asError(body: Json, status: number): MachinistError {
  const error = isJsonObject(body) ? body["error"] : undefined;
  const { code, message, details } = isJsonObject(error) ? error : {};
  const text = typeof message === "string" ? message : `the daemon answered ${status}`;
  return new MachinistError(isErrorCode(code) ? code : "FAILED", text, {
    details: isJsonObject(details) ? details : {},
  });
}
