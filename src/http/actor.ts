/** Who asks for a change, in the words of a machine's history. */
import { hostname } from "node:os";
import type { FastifyRequest } from "fastify";

/** Sent by the command line over the socket. Nobody checks it: whoever may open the socket may send any name. */
export const userHeader = "x-machinist-user";

/** A name that fits on a line, and says nothing but a name. */
const userName = /^[\p{L}\p{N}_.@\\$-][\p{L}\p{N} _.@\\$-]{0,63}$/u;

/**
 * - `token NAME from ADDRESS`, `session NAME from ADDRESS`: of that token, checked
 * - `anyone from ADDRESS`: with `http.open`
 * - `user NAME (claimed) on HOST`: over the socket, which only the daemon's own user and root may open. The name is what the client sent
 * - `local user on HOST`: the same without a name
 */
export function actorOf(request: FastifyRequest): string {
  const { visitor, headers, ip } = request;
  if (visitor)
    return `${visitor.kind === "anyone" ? "anyone" : `${visitor.kind} ${visitor.name}`} from ${ip}`;
  const name = decoded(headers[userHeader]);
  return name !== undefined && userName.test(name)
    ? `user ${name} (claimed) on ${hostname()}`
    : `local user on ${hostname()}`;
}

/** Headers hold ASCII only. */
function decoded(header: string | string[] | undefined): string | undefined {
  try {
    return typeof header === "string" ? decodeURIComponent(header) : undefined;
  } catch {
    return undefined;
  }
}
