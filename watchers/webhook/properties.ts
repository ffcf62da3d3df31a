/** The properties of a webhook watcher: their shape, their defaults, and what does not fit together. */
import { type Static, Type } from "typebox";
import { durationSchema, type PropertyFault } from "../../src/definition/shape.ts";
import { parseDuration } from "../../src/lib/duration.ts";

export const schema = Type.Object(
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
        patternErrorMessage: "expected letters, digits and -",
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
      Type.String({
        minLength: 1,
        description: "Data item that the body becomes: JSON, or a form with JSON in its field payload",
      }),
    ),
    when_inactive: Type.Optional(
      Type.Enum(["keep", "latest", "refuse"], {
        default: "latest",
        description:
          "What becomes of a delivery while the watcher is inactive. latest: it is stored durably and fires when the watcher is active; a newer one takes its place. keep: all of them, in order, at most 100 and 256 KiB in all. refuse: 503",
      }),
    ),
    delivery_id_header: Type.Optional(
      Type.String({
        pattern: "^[A-Za-z0-9-]+$",
        patternErrorMessage: "expected letters, digits and -",
        description:
          "Header with the id of a delivery: one whose id is among the last 128 is answered as a duplicate and fires nothing. Default: X-GitHub-Delivery, X-Gitlab-Event-UUID",
      }),
    ),
    timestamp_header: Type.Optional(
      Type.String({
        pattern: "^[A-Za-z0-9-]+$",
        patternErrorMessage: "expected letters, digits and -",
        description: "Header with the time of sending: seconds or milliseconds since 1970, or ISO 8601",
        examples: ["X-Slack-Request-Timestamp"],
      }),
    ),
    signed_content: Type.Optional(
      Type.String({
        minLength: 1,
        default: "{body}",
        description: "What the HMAC covers; {timestamp} and {body} are replaced",
        examples: ["v0:{timestamp}:{body}"],
      }),
    ),
    max_age: Type.Optional(
      durationSchema({
        description:
          "Refuses requests that were sent longer ago. Needs timestamp_header, and a signature that covers it",
      }),
    ),
  },
  {
    additionalProperties: false,
    description:
      "Fires success_transition for each request that is authentic, POST /v1/machines/MACHINE/webhooks/WATCHER.",
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
  readonly whenInactive: "keep" | "latest" | "refuse";
  /** Lower case; undefined: those of the usual senders. */
  readonly deliveryIdHeader: string | undefined;
  /** Lower case. */
  readonly timestampHeader: string | undefined;
  readonly signedContent: string;
  readonly maxAgeMs: number | undefined;
}

export function readProperties(raw: unknown): WebhookProperties {
  // The door has made sure of the shape.
  const {
    secret,
    secret_file,
    scheme = "hmac",
    header,
    headers = {},
    store,
    when_inactive = "latest",
    delivery_id_header,
    timestamp_header,
    signed_content = "{body}",
    max_age,
  } = raw as Static<typeof schema>;
  const usual = scheme === "hmac" ? "X-Hub-Signature-256" : "X-Gitlab-Token";
  return {
    secret,
    secretFile: secret_file,
    scheme,
    header: (header ?? usual).toLowerCase(),
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
    store,
    whenInactive: when_inactive,
    deliveryIdHeader: delivery_id_header?.toLowerCase(),
    timestampHeader: timestamp_header?.toLowerCase(),
    signedContent: signed_content,
    maxAgeMs: max_age === undefined ? undefined : parseDuration(max_age),
  };
}

/** A time that the signature does not cover can be forged. */
export function timeFaults({
  scheme,
  timestampHeader,
  signedContent,
  maxAgeMs,
}: WebhookProperties): PropertyFault[] {
  const faults: PropertyFault[] = [];
  const coversTime = signedContent.includes("{timestamp}");
  const add = (name: string, message: string): void =>
    void faults.push({ path: ["properties", name], message });
  if (!signedContent.includes("{body}")) add("signed_content", "signed_content must contain {body}");
  if (coversTime && timestampHeader === undefined)
    add("signed_content", "signed_content has {timestamp}: name its header in timestamp_header");
  if (maxAgeMs !== undefined && !(scheme === "hmac" && timestampHeader !== undefined && coversTime))
    add("max_age", "max_age needs scheme hmac, timestamp_header, and {timestamp} in signed_content");
  return faults;
}
