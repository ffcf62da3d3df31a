/** The webhook watcher: a signed request from outside fires its success transition, and its body may become data. */
import { type Static, Type } from "typebox";
import type { PropertyFault } from "../src/definition/shape.ts";
import { MachinistError } from "../src/lib/errors.ts";
import { isTooDeep, type Json, type JsonObject } from "../src/lib/json.ts";
import type { Look, Observation, Watcher, WatcherContext, WatcherType } from "../src/watching/watcher.ts";
import { isAuthentic, readSecret } from "./webhook/secret.ts";

const schema = Type.Object(
  {
    secret: Type.Optional(
      Type.String({
        minLength: 8,
        description: "What the sender knows too. Better in a file: this one is in the machine's document.",
      }),
    ),
    secret_file: Type.Optional(
      Type.String({
        minLength: 1,
        description:
          "File with the secret, from the machine's directory; read at each request, a line break at its end does not count",
        examples: ["push.secret"],
      }),
    ),
    scheme: Type.Optional(
      Type.Enum(["hmac", "token"], {
        default: "hmac",
        description:
          "hmac: the header has the HMAC-SHA256 of the body in hex, after sha256= or bare (GitHub, Gitea). token: the header is the secret (GitLab).",
      }),
    ),
    header: Type.Optional(
      Type.String({
        pattern: "^[A-Za-z0-9-]+$",
        description: "Where that is. Default: X-Hub-Signature-256 for hmac, X-Gitlab-Token for token",
      }),
    ),
    headers: Type.Optional(
      Type.Record(Type.String(), Type.String(), {
        default: {},
        description:
          "What other headers must be; a request in which one differs is answered and fires nothing",
        examples: [{ "X-GitHub-Event": "push" }],
      }),
    ),
    store: Type.Optional(
      Type.String({ minLength: 1, description: "Data item that the body, which must be JSON, becomes" }),
    ),
  },
  {
    additionalProperties: false,
    description:
      "Fires success_transition for each request that is authentic, POST /v1/machines/MACHINE/webhooks/WATCHER. It takes them while it is active.",
    examples: [{ secret_file: "push.secret", headers: { "X-GitHub-Event": "push" }, store: "push" }],
  },
);

export interface WebhookProperties {
  readonly secret: string | undefined;
  readonly secretFile: string | undefined;
  readonly scheme: "hmac" | "token";
  /** Lower case. */
  readonly header: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly store: string | undefined;
}

export const webhook: WatcherType<WebhookProperties> = {
  type: "webhook",
  schema,
  minimumIntervalMs: undefined,
  initialOutcome: "waiting",

  read(raw) {
    // The door has made sure of the shape.
    const {
      secret,
      secret_file,
      scheme = "hmac",
      header,
      headers = {},
      store,
    } = raw as Static<typeof schema>;
    const usual = scheme === "hmac" ? "X-Hub-Signature-256" : "X-Gitlab-Token";
    return {
      secret,
      secretFile: secret_file,
      scheme,
      header: (header ?? usual).toLowerCase(),
      headers: Object.fromEntries(
        Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
      ),
      store,
    };
  },

  check({ properties: { secret, secretFile }, failTransition }) {
    const faults: PropertyFault[] = [];
    if ((secret === undefined) === (secretFile === undefined)) {
      const found = secret === undefined ? "there is neither" : "there are both";
      const message = `a webhook needs either secret_file or secret, and ${found}`;
      faults.push({ path: ["properties"], message });
    }
    if (failTransition !== undefined) {
      const message = `a webhook never fails: who sends nonsense is refused; remove "${failTransition}"`;
      faults.push({ path: ["fail_transition"], message });
    }
    return faults;
  },

  policy: () => ({ start: "at-once", entry: "at-once", intervalMs: undefined }),

  create: (properties, context) => new WebhookWatcher(properties, context),
};

class WebhookWatcher implements Watcher {
  readonly #properties: WebhookProperties;
  readonly #directory: string;
  readonly #name: string;

  constructor(properties: WebhookProperties, { machine, watcher }: WatcherContext) {
    this.#properties = properties;
    this.#directory = machine.directory;
    this.#name = `webhook ${watcher} of machine ${machine.name}`;
  }

  /** @throws UNAUTHENTICATED, INVALID_ARGUMENT, FILE_NOT_FOUND, to whoever sent the request */
  async observe({ reason, input }: Look): Promise<Observation> {
    if (reason !== "input") return { outcome: "waiting" };
    const { headers, body } = readRequest(input ?? {});
    const { scheme, header, store } = this.#properties;
    const secret = await readSecret(this.#properties, this.#directory);
    if (!isAuthentic({ scheme, secret, given: headers[header], body })) {
      const message = `${this.#name}: header ${header} does not prove that the sender knows the secret`;
      throw new MachinistError("UNAUTHENTICATED", message);
    }
    if (!this.#isMeant(headers)) return { outcome: "ignored" };
    const patch = store === undefined ? {} : { patch: { [store]: this.#parse(body) } };
    return { outcome: "received", fire: "success", announce: true, ...patch };
  }

  #isMeant(headers: Readonly<Record<string, string>>): boolean {
    return Object.entries(this.#properties.headers).every(([name, value]) => headers[name] === value);
  }

  #parse(body: Buffer): Json {
    const value = this.#parsed(body);
    if (!isTooDeep(value)) return value;
    throw new MachinistError("INVALID_ARGUMENT", `${this.#name}: the body is nested too deep`);
  }

  #parsed(body: Buffer): Json {
    try {
      return JSON.parse(body.toString("utf8"));
    } catch {
      // What JSON.parse says quotes from the body.
      throw new MachinistError("INVALID_ARGUMENT", `${this.#name}: the body is no JSON`);
    }
  }
}

/** What the HTTP interface passes on: headers by name in lower case, and the bytes of the body in base64. */
function readRequest({ headers, body }: JsonObject): {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
} {
  const texts = Object.entries(headers ?? {}).flatMap(([name, value]) =>
    typeof value === "string" ? [[name, value] as const] : [],
  );
  return {
    headers: Object.fromEntries(texts),
    body: Buffer.from(typeof body === "string" ? body : "", "base64"),
  };
}
