/** Which servers of a store answer: each is asked by itself, all at once. */
import { type JetStreamAccountStats, type JetStreamManager, jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "nats";
import { type Clock, sleep } from "../../../../lib/clock.ts";
import { MachinistError, messageOf } from "../../../../lib/errors.ts";
import { formatSize } from "../../../../lib/size.ts";
import type { StoreFact } from "../../../inspection.ts";
import { connected } from "../connection/connecting.ts";
import type { LinkOptions } from "../link.ts";
import { loginOf } from "../login.ts";
import { ReconnectPace } from "../reconnect-pace.ts";
import { ServerVersion } from "../server-version.ts";
import type { NatsAddress } from "../url.ts";

/** A server has so long to answer, here and for each of what it is asked then. */
export const answerMs = 2500;

/** One of the servers of the store's URL. */
export type AskedServer = AnsweringServer | SilentServer;

export interface SilentServer {
  readonly host: string;
  /** Why there is no connection. */
  readonly error: unknown;
}

export interface AnsweringServer {
  readonly host: string;
  readonly connection: NatsConnection;
  readonly version: ServerVersion;
  readonly roundTripMs: number;
  readonly jsm: JetStreamManager;
  /** Our account, as the leader of all JetStream servers knows it; or why nothing came. */
  readonly account: JetStreamAccountStats | Error;
}

/** @returns undefined when it failed, or took longer than an answer may */
export async function within<Result>(clock: Clock, work: Promise<Result>): Promise<Result | undefined> {
  const stop = new AbortController();
  const late = sleep(clock, answerMs, stop.signal).then(
    () => undefined,
    () => undefined,
  );
  try {
    return await Promise.race([work.catch(() => undefined), late]);
  } finally {
    stop.abort();
  }
}

export function isAnswering(server: AskedServer): server is AnsweringServer {
  return "connection" in server;
}

/** Caller closes the connections. @throws as loginOf */
export function askServers(address: NatsAddress, options: LinkOptions): Promise<readonly AskedServer[]> {
  const { nats, log, clock } = options;
  const login = loginOf(address, nats, log);
  const ask = async (host: string): Promise<AskedServer> => {
    const one = { ...address, servers: [host], shown: address.shown.replace(/\/\/.*/, `//${host}`) };
    let connection: NatsConnection;
    try {
      connection = await connected(one, login, new ReconnectPace(clock), answerMs);
    } catch (error) {
      return { host, error };
    }
    const jsm = await jetstreamManager(connection, {
      checkAPI: false,
      timeout: answerMs,
      ...(nats.domain && { domain: nats.domain }),
    });
    const account = jsm.getAccountInfo().catch((error: unknown) => toError(error));
    const roundTripMs = await within(clock, connection.rtt());
    if (roundTripMs === undefined) {
      await connection.close();
      return { host, error: fellSilent(host) };
    }
    const version = new ServerVersion(connection.info?.version ?? "0");
    return { host, connection, version, roundTripMs, jsm, account: await account };
  };
  return Promise.all(address.servers.map(ask));
}

/** One for each server; its host is in the name only when there are several. */
export function serverFacts(servers: readonly AskedServer[]): StoreFact[] {
  return servers.map((server) => {
    const name = servers.length === 1 ? "Server" : `Server ${server.host}`;
    if (isAnswering(server)) return { name, text: serverText(server) };
    return { name, text: messageOf(server.error), isProblem: true };
  });
}

export function clusterOf({ connection }: AnsweringServer): string | undefined {
  return connection.info?.cluster || undefined;
}

function serverText(server: AnsweringServer): string {
  const { connection, version } = server;
  const { server_id, server_name, max_payload = 0 } = connection.info ?? {};
  // A server without a name of its own is called by its id, which tells nobody anything.
  const name = server_name === server_id ? "" : ` (${server_name})`;
  const cluster = clusterOf(server);
  const place = cluster ? `, cluster ${cluster}` : "";
  const payload = `messages up to ${formatSize(max_payload)}`;
  return `nats-server ${version.text} at ${connection.getServer()}${name}${place}, ${payload}`;
}

function fellSilent(host: string): MachinistError {
  return new MachinistError(
    "TIMEOUT",
    `the server ${host} took the connection, then gave no answer within ${answerMs / 1000} s; check that it is healthy (not stopped or overloaded)`,
  );
}

function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
