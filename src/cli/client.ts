/** Asks the daemon, over its unix socket or at its address: JSON out, JSON in, and its errors are our errors again. */
import { readFileSync } from "node:fs";
import { type IncomingMessage, request } from "node:http";
import { type RequestOptions, request as secureRequest } from "node:https";
import { type DaemonAddress, isRemote, type RemoteDaemon, shownDaemon } from "../config/daemon-address.ts";
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
export async function askDaemon(daemon: DaemonAddress, asked: DaemonRequest): Promise<Json> {
  const answer = await send(daemon, asked);
  const status = answer.statusCode ?? 0;
  const body = parse(await textOf(answer), status);
  if (status >= 200 && status < 300) return body;
  throw asError(body, status);
}

/** One request; the answer is still to be read. @throws DAEMON_NOT_RUNNING */
export function send(
  daemon: DaemonAddress,
  { method, path, body, timeoutMs }: DaemonRequest,
): Promise<IncomingMessage> {
  const text = body === undefined ? undefined : JSON.stringify(body);
  const headers = {
    ...(isRemote(daemon) ? authorizationOf(daemon) : { [userHeader]: encodeURIComponent(localUser()) }),
    ...(text !== undefined && {
      "content-type": "application/json",
      "content-length": Buffer.byteLength(text),
    }),
  };
  return new Promise((resolve, reject) => {
    const options = { ...placeOf(daemon, path), method, headers, agent: false };
    const ask = isRemote(daemon) && daemon.url.startsWith("https:") ? secureRequest : request;
    const outgoing = ask(options, resolve);
    if (timeoutMs !== undefined)
      outgoing.setTimeout(timeoutMs, () => outgoing.destroy(new Error(`no answer within ${timeoutMs} ms`)));
    outgoing.once("error", (error) =>
      reject(isRemote(daemon) ? unreachableRemote(error, daemon) : unreachable(error, daemon.socketPath)),
    );
    outgoing.end(text);
  });
}

function placeOf(daemon: DaemonAddress, path: string): RequestOptions {
  if (!isRemote(daemon)) return { socketPath: daemon.socketPath, path };
  const { protocol, hostname, port, pathname } = new URL(daemon.url);
  const { caFile, certFile, keyFile } = daemon;
  return {
    protocol,
    hostname: hostname.replace(/^\[(.*)\]$/, "$1"),
    port,
    // Behind a proxy the daemon may have a path of its own.
    path: `${pathname.replace(/\/$/, "")}${path}`,
    ...(caFile !== undefined && { ca: readOwn(caFile, "certificate authorities") }),
    ...(certFile !== undefined && { cert: readOwn(certFile, "client certificate") }),
    ...(keyFile !== undefined && { key: readOwn(keyFile, "key of the client certificate") }),
  };
}

function authorizationOf({ tokenFile }: RemoteDaemon): Record<string, string> {
  return tokenFile === undefined ? {} : { authorization: `Bearer ${readOwn(tokenFile, "token").trim()}` };
}

/** @throws FILE_NOT_FOUND */
function readOwn(file: string, what: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new MachinistError("FILE_NOT_FOUND", `${what}: file ${file} cannot be read: ${messageOf(cause)}`, {
      cause,
    });
  }
}

function unreachableRemote(error: NodeJS.ErrnoException, daemon: RemoteDaemon): MachinistError {
  const isTls = /CERT|SIGNATURE|ALTNAME|SSL|TLS/.test(error.code ?? "");
  const advice = isTls
    ? "check the certificate; `machinist context save NAME --ca FILE` names who signs it"
    : "check the address, and that the daemon there listens on it (`http.listen`)";
  return new MachinistError(
    isTls ? "FAILED" : "DAEMON_NOT_RUNNING",
    `no daemon answers at ${shownDaemon(daemon)} (${error.message || error.code}); ${advice}`,
    { cause: error },
  );
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
