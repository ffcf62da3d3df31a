/** The http watcher: asks a server, and fires by what it answers. This file joins the parts in http/ to the contract. */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { type Condition, parseCondition } from "../src/lib/condition.ts";
import { MachinistError, messageOf } from "../src/lib/errors.ts";
import type { JsonObject } from "../src/lib/json.ts";
import { parseTemplate, type Template } from "../src/lib/template.ts";
import type { Look, Observation, Watcher, WatcherContext, WatcherType } from "../src/watching/watcher.ts";
import { answerNames, faultOf, partsOf, type ReadAnswer, readAnswer } from "./http/answer.ts";
import { checkHttp } from "./http/check.ts";
import { type HttpProperties, httpSchema, readHttpProperties } from "./http/properties.ts";
import { type HttpRequest, shownAddress, type TlsOptions, withHttpAnswer } from "./shared/http-client.ts";

const defaultIntervalMs = 10_000;
const shortestIntervalMs = 500;

export const http: WatcherType<HttpProperties> = {
  type: "http",
  schema: httpSchema,
  minimumIntervalMs: shortestIntervalMs,
  initialOutcome: "unknown",
  read: readHttpProperties,
  check: checkHttp,

  policy: (_properties, intervalMs) => ({
    start: "at-once",
    entry: "at-once",
    intervalMs: intervalMs ?? defaultIntervalMs,
  }),

  create: (properties, context) => new HttpWatcher(properties, context),
};

class HttpWatcher implements Watcher {
  readonly #properties: HttpProperties;
  readonly #context: WatcherContext;
  readonly #url: Template;
  readonly #headers: readonly (readonly [name: string, value: Template])[];
  readonly #body: Template | undefined;
  readonly #condition: Condition | undefined;
  #previousOutcome: string | undefined;

  constructor(properties: HttpProperties, context: WatcherContext) {
    const { url, headers, body, successWhen } = properties;
    this.#properties = properties;
    this.#context = context;
    this.#url = parseTemplate(url);
    this.#headers = Object.entries(headers).map(([name, value]) => [name, parseTemplate(value)]);
    this.#body = body === undefined ? undefined : parseTemplate(body);
    this.#condition = successWhen === undefined ? undefined : parseCondition(successWhen, answerNames);
  }

  async observe(look: Look, signal: AbortSignal): Promise<Observation> {
    const { method, store, status } = this.#properties;
    const { clock, facts, identity } = this.#context;
    const begin = clock.monotonic();
    const known: { address: string; status?: number } = { address: this.#properties.url };
    try {
      const asked = await this.#request(look);
      known.address = asked.url.href;
      const answer = await this.#ask(asked, signal);
      known.status = answer.status;
      const scope = { data: look.data, facts, identity, state: look.state };
      const fault = faultOf(answer, { status, condition: this.#condition }, scope);
      if (fault !== undefined) throw new MachinistError("FAILED", fault);
      const patch = partsOf(answer.body, store);
      return { ...this.#announced("success"), fire: "success", patch, detail: detail() };
    } catch (cause) {
      if (signal.aborted) throw cause;
      const error = `${method} ${shownAddress(known.address)}: ${messageOf(cause)}`;
      return { ...this.#announced("error"), fire: "fail", error, detail: detail() };
    }

    function detail(): JsonObject {
      const durationMs = Math.round(clock.monotonic() - begin);
      return {
        method,
        url: shownAddress(known.address),
        status: known.status ?? null,
        duration_ms: durationMs,
      };
    }
  }

  /** A server is asked often; only another outcome than before is news. */
  #announced(outcome: string): Observation {
    const announce = outcome !== this.#previousOutcome;
    this.#previousOutcome = outcome;
    return { outcome, announce };
  }

  async #ask(asked: HttpRequest, signal: AbortSignal): Promise<ReadAnswer> {
    const { timeoutMs } = this.#properties;
    const timeout = new AbortController();
    const reason = new MachinistError("TIMEOUT", `no complete answer within ${timeoutMs} ms`);
    const cancel = this.#context.clock.after(timeoutMs, () => timeout.abort(reason));
    try {
      return await withHttpAnswer(asked, AbortSignal.any([signal, timeout.signal]), readAnswer);
    } catch (cause) {
      timeout.signal.throwIfAborted();
      throw cause;
    } finally {
      cancel();
    }
  }

  /** @throws TEMPLATE, BAD_VALUE (not an address), FILE_NOT_FOUND */
  async #request(look: Look): Promise<HttpRequest> {
    const { method, tokenFile, followsRedirects } = this.#properties;
    const scope = { data: look.data, facts: this.#context.facts() };
    const body = this.#body?.render(scope);
    const token = tokenFile === undefined ? undefined : (await this.#file(tokenFile, "token_file")).trim();
    const { url, login } = addressOf(this.#url.render(scope));
    return {
      url,
      method,
      headers: {
        ...(login !== undefined && { authorization: login }),
        ...(body !== undefined && { "content-type": "application/json" }),
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...Object.fromEntries(this.#headers.map(([name, value]) => [name, value.render(scope)])),
      },
      ...(body !== undefined && { body }),
      tls: await this.#tls(),
      followsRedirects,
    };
  }

  async #tls(): Promise<TlsOptions> {
    const { insecure, caFile, certFile, keyFile, serverName } = this.#properties.tls;
    return {
      insecure,
      ...(caFile !== undefined && { ca: await this.#file(caFile, "tls.ca") }),
      ...(certFile !== undefined && { cert: await this.#file(certFile, "tls.cert") }),
      ...(keyFile !== undefined && { key: await this.#file(keyFile, "tls.key") }),
      ...(serverName !== undefined && { serverName }),
    };
  }

  async #file(name: string, property: string): Promise<string> {
    const file = resolve(this.#context.machine.directory, name);
    try {
      return await readFile(file, "utf8");
    } catch (cause) {
      throw new MachinistError("FILE_NOT_FOUND", `${property} ${file} cannot be read: ${messageOf(cause)}`, {
        cause,
      });
    }
  }
}

interface Address {
  /** Without a login. */
  readonly url: URL;
  /** The header for the login that was in the address. */
  readonly login: string | undefined;
}

/** @throws BAD_VALUE; the message holds no login */
function addressOf(text: string): Address {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== "http:" && url?.protocol !== "https:") {
    throw new MachinistError(
      "BAD_VALUE",
      `url is ${JSON.stringify(shownAddress(text))}, expected an address that begins with http:// or https://`,
    );
  }
  const { username, password } = url;
  url.username = "";
  url.password = "";
  if (username === "") return { url, login: undefined };
  const login = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { url, login: `Basic ${Buffer.from(login).toString("base64")}` };
}
