/** One HTTP request and its redirects: the only file that knows the HTTP client. */
import type { Readable } from "node:stream";
import { Agent, request } from "undici";
import { MachinistError, messageOf } from "../../src/lib/errors.ts";

const mostRedirects = 5;
const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

export type HttpMethod = "GET" | "HEAD" | "POST";

export interface TlsOptions {
  /** Accepts any certificate. */
  readonly insecure: boolean;
  /** PEM. Default: the certificate authorities that Node trusts. */
  readonly ca?: string;
  /** PEM, with `key`: what this client proves itself with. */
  readonly cert?: string;
  readonly key?: string;
  /** The name that the server's certificate must be for. Default: the host of the URL. */
  readonly serverName?: string;
}

export interface HttpRequest {
  readonly url: URL;
  readonly method: HttpMethod;
  /** Sent to the origin of `url` only, not to another one that it redirects to. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly tls: TlsOptions;
  /** False: a redirect is an answer like any other. */
  readonly followsRedirects: boolean;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** As the server sends it, never decoded. */
  readonly body: Readable;
}

/**
 * The signal is the only deadline. The connection is closed when `consume` has ended.
 * @throws FAILED when there is no answer; the message holds neither login nor query
 */
export async function withHttpAnswer<Result>(
  asked: HttpRequest,
  signal: AbortSignal,
  consume: (answer: HttpAnswer) => Promise<Result>,
): Promise<Result> {
  const { insecure, ca, cert, key, serverName } = asked.tls;
  const connect = {
    rejectUnauthorized: !insecure,
    timeout: 0,
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(serverName !== undefined && { servername: serverName }),
  };
  const agent = new Agent({ connect, headersTimeout: 0, bodyTimeout: 0 });
  try {
    return await consume(await answerTo(asked, { agent, signal }));
  } catch (cause) {
    if (cause instanceof MachinistError) throw cause;
    throw new MachinistError("FAILED", reasonOf(cause), { cause });
  } finally {
    await agent.destroy();
  }
}

/** An address for people and events: without login and query, where secrets may be. */
export function shownAddress(text: string): string {
  // Not only of a good address: also one that is nearly good holds a login.
  return text.replace(/(:\/*).*@/s, "$1").replace(/[?#].*/s, "");
}

interface Client {
  readonly agent: Agent;
  readonly signal: AbortSignal;
}

async function answerTo(asked: HttpRequest, { agent, signal }: Client): Promise<HttpAnswer> {
  let { url, method, body } = asked;
  for (let redirected = 0; redirected <= mostRedirects; redirected += 1) {
    const headers = url.origin === asked.url.origin ? asked.headers : {};
    const options = { dispatcher: agent, method, headers, signal, ...(body === undefined ? {} : { body }) };
    const answer = await request(url, options);
    const { statusCode: status, headers: answered } = answer;
    if (!(asked.followsRedirects && redirects.has(status)))
      return { status, headers: answered, body: answer.body };
    answer.body.on("error", () => undefined).destroy();
    url = redirectedTo(answered["location"], url);
    // As browsers do: only 307 and 308 repeat a POST.
    if (method === "POST" && status < 307) [method, body] = ["GET", undefined];
  }
  throw new MachinistError("FAILED", `the server redirects more than ${mostRedirects} times`);
}

function redirectedTo(location: string | string[] | undefined, from: URL): URL {
  const [only] = [location ?? []].flat();
  const url = only !== undefined && URL.canParse(only, from.href) ? new URL(only, from) : undefined;
  if (url?.protocol !== "https:" && url?.protocol !== "http:") {
    const message = `${shownAddress(from.href)} redirects to something that is no http or https address`;
    throw new MachinistError("FAILED", message);
  }
  url.username = "";
  url.password = "";
  return url;
}

/** Failures to connect to several addresses of one name have a code only. */
function reasonOf(cause: unknown): string {
  const { code } = cause instanceof Error && "code" in cause ? cause : { code: undefined };
  return messageOf(cause) || String(code);
}
