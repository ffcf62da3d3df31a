/** The first connection to a NATS server, and why there is none. */
import { errors, type NatsConnection } from "nats";
import { MachinistError, messageOf } from "../../../../lib/errors.ts";
import type { Login } from "../login.ts";
import type { ReconnectPace } from "../reconnect-pace.ts";
import type { NatsAddress } from "../url.ts";
import { connectTcp } from "./transport.ts";

/** For all servers of the URL together: they are tried one after the other. */
const connectMs = 5000;
/** A far server still answers within this. */
const shortestConnectMs = 1000;
/** A connection that carries nothing any more is noticed after two of these without an answer. */
const pingMs = 5000;

/**
 * @param limitMs for all servers of the address together
 * @throws FAILED (connection, login or certificate refused), TIMEOUT (connected, but the server stays silent)
 */
export async function connected(
  address: NatsAddress,
  login: Login,
  pace: ReconnectPace,
  limitMs: number = connectMs,
): Promise<NatsConnection> {
  try {
    return await connectTcp({
      servers: [...address.servers],
      name: "machinist",
      timeout: Math.max(limitMs / address.servers.length, shortestConnectMs),
      pingInterval: pingMs,
      maxReconnectAttempts: -1,
      reconnectDelayHandler: () => pace.waitMs(Math.random()),
      // Credentials that are refused now may be taken after the server's next reload.
      ignoreAuthErrorAbort: true,
      ...login.options,
    });
  } catch (error) {
    const code = isSilence(error) ? "TIMEOUT" : "FAILED";
    throw new MachinistError(
      code,
      `cannot connect to the store ${address.shown}: ${reasonOf(error, login, limitMs)}`,
      { cause: error },
    );
  }
}

function reasonOf(error: unknown, { who, tls }: Login, limitMs: number): string {
  const text = messageOf(error);
  if (isSilence(error))
    return `no answer within ${limitMs / 1000} s; check that the server is healthy (not stopped or overloaded) and that no firewall drops its packets`;
  if (error instanceof errors.AuthorizationError || error instanceof errors.UserAuthenticationExpiredError) {
    const unknown =
      "the server wants a login: put user and password into the URL, or files into the config file";
    return who === undefined ? unknown : `the server refuses ${who} (${text})`;
  }
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (error instanceof errors.TimeoutError) {
    const remedy = tls === undefined ? "does it want TLS?" : "does it want a client certificate?";
    return `${messageOf(cause)}; ${remedy}`;
  }
  if (/certificate|self.signed|unable to verify|altname/i.test(messageOf(cause)))
    return `its certificate is not good for ${tls ?? "this"} (${messageOf(cause)})`;
  return `${text}; is the server running there?`;
}

/** No answer at all; a refusal that came before the time was over is the cause. */
function isSilence(error: unknown): boolean {
  return error instanceof errors.TimeoutError && error.cause === undefined;
}
