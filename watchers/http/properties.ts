/** The properties of an http watcher: as they are written, and as the code has them. */
import { type Static, Type } from "typebox";
import { durationSchema } from "../../src/definition/shape.ts";
import { parseDuration } from "../../src/lib/duration.ts";
import type { HttpMethod } from "../shared/http-client.ts";

const defaultTimeoutMs = 10_000;

function file(description: string) {
  return Type.Optional(
    Type.String({ minLength: 1, description: `${description}, from the machine's directory` }),
  );
}

const statusClass = Type.Union([
  Type.Integer({ minimum: 100, maximum: 599 }),
  Type.Enum(["1xx", "2xx", "3xx", "4xx", "5xx"]),
]);

/** Closed. What each key says is what editors show. */
export const httpSchema = Type.Object(
  {
    url: Type.String({
      minLength: 1,
      description: "Address, http or https; may hold templates.",
      examples: ["https://127.0.0.1:8443/health", 'http://{{ lookup "data.host" "localhost" }}/ready'],
    }),
    method: Type.Optional(
      Type.Enum(["GET", "HEAD", "POST"], { default: "GET", description: "What to ask with." }),
    ),
    headers: Type.Optional(
      Type.Record(Type.String({ pattern: "^[A-Za-z0-9!#$%&'*+.^_`|~-]+$" }), Type.String(), {
        additionalProperties: false,
        default: {},
        description:
          "Headers by name; values may hold templates. Not sent to another origin that the server redirects to.",
        examples: [{ accept: "application/json" }],
      }),
    ),
    token_file: file("File with a token, sent as `Authorization: Bearer TOKEN` and read at each look"),
    body: Type.Optional(
      Type.String({
        description:
          "Body of a POST; may hold templates. Its content-type is application/json unless headers say otherwise.",
      }),
    ),
    status: Type.Optional(
      Type.Union([statusClass, Type.Array(statusClass, { minItems: 1 })], {
        default: "2xx",
        description: "The status codes of a good answer: a number, a class such as 2xx, or a list of them.",
        examples: [200, ["2xx", 404]],
      }),
    ),
    success_when: Type.Optional(
      Type.String({
        minLength: 1,
        description:
          "What else must be true of a good answer: a condition over status, headers (names in lower case) and body (JSON if it is JSON, else text), and over data, facts, identity and state.",
        examples: ['body.status == "ok"', 'headers["x-version"] != data.version'],
      }),
    ),
    store: Type.Optional(
      Type.Record(Type.String({ minLength: 1 }), Type.String({ minLength: 1 }), {
        default: {},
        description:
          "Parts of a good answer's body to put into the machine's data: item of data → path in the JSON body; @this is the whole body.",
        examples: [{ version: "build.version" }],
      }),
    ),
    timeout: Type.Optional(
      durationSchema({ description: "For the whole look, redirects and body included.", default: "10s" }),
    ),
    follow_redirects: Type.Optional(
      Type.Boolean({
        default: true,
        description: "Follow up to 5 redirects; else a redirect is the answer.",
      }),
    ),
    tls: Type.Optional(
      Type.Object(
        {
          ca: file("File of certificate authorities to trust instead of Node's, PEM"),
          cert: file("File with a client certificate, PEM"),
          key: file("File with its key, PEM"),
          server_name: Type.Optional(
            Type.String({ minLength: 1, description: "The name that the server's certificate must be for." }),
          ),
          insecure: Type.Optional(Type.Boolean({ default: false, description: "Accept any certificate." })),
        },
        { additionalProperties: false, description: "For https." },
      ),
    ),
  },
  {
    additionalProperties: false,
    description:
      "Asks an HTTP server at each interval, on start and on entering a state. A good answer fires success_transition, everything else fail_transition.",
    examples: [{ url: "http://127.0.0.1:8080/health", success_when: 'body.status == "ok"' }],
  },
);

export type StatusPattern = number | string;

export interface HttpProperties {
  /** A template. */
  readonly url: string;
  readonly method: HttpMethod;
  /** Names in lower case; values are templates. */
  readonly headers: Readonly<Record<string, string>>;
  readonly tokenFile: string | undefined;
  /** A template. */
  readonly body: string | undefined;
  readonly status: readonly StatusPattern[];
  readonly successWhen: string | undefined;
  /** Item of data → query. */
  readonly store: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly followsRedirects: boolean;
  readonly tls: {
    readonly caFile: string | undefined;
    readonly certFile: string | undefined;
    readonly keyFile: string | undefined;
    readonly serverName: string | undefined;
    readonly insecure: boolean;
  };
}

/** @param raw valid by `httpSchema`, as the door has made sure */
export function readHttpProperties(raw: unknown): HttpProperties {
  const written = raw as Static<typeof httpSchema>;
  const { tls = {} } = written;
  return {
    url: written.url,
    method: written.method ?? "GET",
    headers: Object.fromEntries(
      Object.entries(written.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]),
    ),
    tokenFile: written.token_file,
    body: written.body,
    status: [written.status ?? "2xx"].flat(),
    successWhen: written.success_when,
    store: written.store ?? {},
    timeoutMs: parseDuration(written.timeout ?? "0") || defaultTimeoutMs,
    followsRedirects: written.follow_redirects ?? true,
    tls: {
      caFile: tls.ca,
      certFile: tls.cert,
      keyFile: tls.key,
      serverName: tls.server_name,
      insecure: tls.insecure ?? false,
    },
  };
}
