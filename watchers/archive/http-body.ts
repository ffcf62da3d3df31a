/** The body of an address: the only file that knows the HTTP client. */
import type { Readable } from "node:stream";
import { Agent, request } from "undici";
import { MachinistError, messageOf } from "../../src/lib/errors.ts";
import { type Login, shownSource } from "./source.ts";

const mostRedirects = 5;
const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

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
export async function withHttpBody<Result>(
  { url, login, insecure }: HttpSource,
  signal: AbortSignal,
  consume: (body: Readable) => Promise<Result>,
): Promise<Result> {
  // The caller's deadline is the only one.
  const connect = { rejectUnauthorized: !insecure, timeout: 0 };
  const agent = new Agent({ connect, headersTimeout: 0, bodyTimeout: 0 });
  try {
    return await consume(await bodyOf(url, login, { agent, signal }));
  } catch (cause) {
    if (cause instanceof MachinistError) throw cause;
    throw new MachinistError("FAILED", reasonOf(cause), { cause });
  } finally {
    await agent.destroy();
  }
}

interface Client {
  readonly agent: Agent;
  readonly signal: AbortSignal;
}

async function bodyOf(start: URL, login: Login | undefined, { agent, signal }: Client): Promise<Readable> {
  let url = start;
  for (let redirected = 0; redirected <= mostRedirects; redirected += 1) {
    // Whoever it leads to is told no login.
    const headers = url.origin === start.origin && login ? { authorization: basic(login) } : {};
    const {
      statusCode,
      headers: answered,
      body,
    } = await request(url, { dispatcher: agent, headers, signal });
    if (statusCode >= 200 && statusCode < 300) return body;
    body.on("error", () => undefined).destroy();
    if (!redirects.has(statusCode)) throw refusal(statusCode, url);
    url = redirectedTo(answered["location"], url);
  }
  throw new MachinistError("FAILED", `the server redirects more than ${mostRedirects} times`);
}

function redirectedTo(location: string | string[] | undefined, from: URL): URL {
  const [only] = [location ?? []].flat();
  const url = only !== undefined && URL.canParse(only, from.href) ? new URL(only, from) : undefined;
  if (url?.protocol !== "https:" && url?.protocol !== "http:") {
    const message = `${shownSource(from.href)} redirects to something that is no http or https address`;
    throw new MachinistError("FAILED", message);
  }
  url.username = "";
  url.password = "";
  return url;
}

function refusal(statusCode: number, url: URL): MachinistError {
  const hint = statusCode === 401 || statusCode === 403 ? "; check username and password" : "";
  return new MachinistError(
    "FAILED",
    `${shownSource(url.href)} answered with HTTP status ${statusCode}, expected 200${hint}`,
  );
}

function basic({ username, password }: Login): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}

/** Failures to connect to several addresses of one name have a code only. */
function reasonOf(cause: unknown): string {
  const { code } = cause instanceof Error && "code" in cause ? cause : { code: undefined };
  return messageOf(cause) || String(code);
}
