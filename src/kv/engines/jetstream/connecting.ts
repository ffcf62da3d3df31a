/** The first connection to a NATS server, and why there is none. */
import { connect, errors, type NatsConnection } from "nats";
import { MachinistError, messageOf } from "../../../lib/errors.ts";
import type { Login } from "./login.ts";
import type { ReconnectPace } from "./reconnect-pace.ts";
import type { NatsAddress } from "./url.ts";

const connectMs = 5000;
/** A connection that carries nothing any more is noticed after two of these without an answer. */
const pingMs = 5000;

/** @throws FAILED (nobody there, login or certificate refused) */
export async function connected(
  address: NatsAddress,
  login: Login,
  pace: ReconnectPace,
): Promise<NatsConnection> {
  try {
    return await connect({
      servers: [...address.servers],
      name: "machinist",
      timeout: connectMs,
      pingInterval: pingMs,
      maxReconnectAttempts: -1,
      reconnectDelayHandler: () => pace.waitMs(Math.random()),
      // Credentials that are refused now may be taken after the server's next reload.
      ignoreAuthErrorAbort: true,
      ...login.options,
    });
  } catch (error) {
    throw new MachinistError(
      "FAILED",
      `cannot connect to the store ${address.shown}: ${reasonOf(error, login)}`,
      {
        cause: error,
      },
    );
  }
}

function reasonOf(error: unknown, { who, tls }: Login): string {
  const text = messageOf(error);
  if (error instanceof errors.AuthorizationError || error instanceof errors.UserAuthenticationExpiredError) {
    const unknown =
      "the server wants a login: put user and password into the URL, or files into the config file";
    return who === undefined ? unknown : `the server refuses ${who} (${text})`;
  }
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (/certificate|self.signed|unable to verify|altname/i.test(messageOf(cause)))
    return `its certificate is not good for ${tls ?? "this"} (${messageOf(cause)})`;
  return `${text}; is the server running there?`;
}
