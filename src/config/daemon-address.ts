/** Where the daemon is that a command talks to: a socket of this host, or an address with TLS and a token. */
import { MachinistError } from "../lib/errors.ts";

export type DaemonAddress = LocalDaemon | RemoteDaemon;

export interface LocalDaemon {
  readonly socketPath: string;
}

/** Files are absolute. */
export interface RemoteDaemon {
  readonly url: string;
  readonly tokenFile: string | undefined;
  /** Certificate authorities to trust instead of Node's, PEM. */
  readonly caFile: string | undefined;
  /** A client certificate and its key, PEM. */
  readonly certFile: string | undefined;
  readonly keyFile: string | undefined;
}

export function isRemote(daemon: DaemonAddress): daemon is RemoteDaemon {
  return "url" in daemon;
}

/** For messages. */
export function shownDaemon(daemon: DaemonAddress): string {
  return isRemote(daemon) ? daemon.url : daemon.socketPath;
}

/** @param place where the address comes from, for messages @throws INVALID_CONFIG */
export function checkRemote(daemon: RemoteDaemon, place: string): RemoteDaemon {
  const url = URL.canParse(daemon.url) ? new URL(daemon.url) : undefined;
  if (url?.protocol !== "https:" && url?.protocol !== "http:")
    throw wrong(place, "expected https://HOST:PORT or http://HOST:PORT");
  if (url.username || url.search || url.hash)
    throw wrong(
      place,
      "a login, query or fragment has no meaning; put a token into a file and name it with --token-file",
    );
  if (url.protocol === "http:" && daemon.tokenFile !== undefined && !isLoopback(url.hostname))
    throw wrong(place, `the token would go to ${url.host} in clear text; use https`);
  return daemon;
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "[::1]" || /^127\./.test(host);
}

function wrong(place: string, message: string): MachinistError {
  return new MachinistError("INVALID_CONFIG", `${place}: ${message}`);
}
