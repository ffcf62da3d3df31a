/** The body of an address, for an archive. */
import type { Readable } from "node:stream";
import { MachinistError } from "../../src/lib/errors.ts";
import { shownAddress, withHttpAnswer } from "../shared/http-client.ts";
import type { Login } from "./source.ts";

export interface HttpSource {
  readonly url: URL;
  readonly login: Login | undefined;
  /** Takes any certificate. */
  readonly insecure: boolean;
}

/**
 * Hands over the body as the server has it, never decoded: checksums are of what was published.
 * @throws FAILED for every answer but a good one; the message holds neither login nor query
 */
export function withHttpBody<Result>(
  { url, login, insecure }: HttpSource,
  signal: AbortSignal,
  consume: (body: Readable) => Promise<Result>,
): Promise<Result> {
  const headers: Record<string, string> = login ? { authorization: basic(login) } : {};
  const asked = { url, method: "GET", headers, tls: { insecure }, followsRedirects: true } as const;
  return withHttpAnswer(asked, signal, async ({ status, body }) => {
    if (status >= 200 && status < 300) return consume(body);
    body.on("error", () => undefined).destroy();
    throw refusal(status, url);
  });
}

function refusal(statusCode: number, url: URL): MachinistError {
  const hint = statusCode === 401 || statusCode === 403 ? "; check username and password" : "";
  return new MachinistError(
    "FAILED",
    `${shownAddress(url.href)} answered with HTTP status ${statusCode}, expected 200${hint}`,
  );
}

function basic({ username, password }: Login): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}
