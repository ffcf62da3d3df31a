/** A store's URL as options of the NATS client. No message names what is before the `@`. */
import { MachinistError } from "../../../lib/errors.ts";

export interface NatsAddress {
  /** `host:port` each. */
  readonly servers: readonly string[];
  readonly tls: boolean;
  readonly user?: string;
  readonly pass?: string;
  readonly token?: string;
  /** For messages: without user and password. */
  readonly shown: string;
}

const urlGrammar = /^(nats|tls):\/\/(?:([^@/]*)@)?([^@/]+)\/?$/i;
const serverGrammar = /^(?:\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::\d{1,5})?$/i;

/** `nats://[user:password@ | token@]host[:port][,host…]`, or `tls://` for the same with TLS. @throws INVALID_ARGUMENT */
export function parseNatsUrl(url: string): NatsAddress {
  const [, scheme = "", who, hosts = ""] = urlGrammar.exec(url) ?? [];
  const servers = hosts.split(",");
  if (!servers.every((server) => serverGrammar.test(server))) throw noAddress();
  const lower = scheme.toLowerCase();
  return { servers, tls: lower === "tls", ...credentials(who), shown: `${lower}://${hosts}` };
}

function credentials(who: string | undefined): Pick<NatsAddress, "user" | "pass" | "token"> {
  if (who === undefined) return {};
  try {
    const [name, ...rest] = who.split(":");
    const first = decodeURIComponent(name ?? "");
    if (rest.length === 0) return { token: first };
    return { user: first, pass: decodeURIComponent(rest.join(":")) };
  } catch {
    throw noAddress();
  }
}

function noAddress(): MachinistError {
  return new MachinistError(
    "INVALID_ARGUMENT",
    "the URL of the store names no NATS server: expected nats://[user:password@]host[:port][,host…], or tls://…; " +
      "other characters of user and password as %XX",
  );
}
