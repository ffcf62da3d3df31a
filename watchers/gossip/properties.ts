/** The properties of a gossip watcher: as they are written, and as the code has them. */
import { type Static, Type } from "typebox";

const description = {
  subject: "Where to say it; a template. On NATS a subject, elsewhere the subject of the event.",
  payload: "What to say; a template.",
  registration: "Says that a service is there, instead of subject and payload.",
  cluster: "Where the service is",
  service: "Its name",
  protocol: "What it speaks",
  ip: "Its address, IPv4 or IPv6.",
  port: "Its port.",
  priority: "Which of several to take first; what it means is up to those who read it.",
  annotations: "More for those who read it.",
  prefix:
    "$KV.BUCKET: a key of that bucket, which ends by itself after ttl_seconds. All else: a message on a subject that begins so.",
  ttlSeconds:
    "How long a registration stays after it was last renewed. Default: three times the interval. Needs a bucket with history 1 and a marker TTL, as one that is missing is made where the store can; in others it stays.",
};

function name(what: string, examples: readonly string[]) {
  const text = `${what}: a letter, then letters, digits, _ and -.`;
  return Type.String({
    pattern: "^[a-zA-Z][a-zA-Z0-9_-]*$",
    patternErrorMessage: "expected a letter, then letters, digits, _ and -",
    description: text,
    examples,
  });
}

const registrationSchema = Type.Object(
  {
    cluster: name(description.cluster, ["lon"]),
    service: name(description.service, ["shop"]),
    protocol: name(description.protocol, ["http"]),
    ip: Type.String({ minLength: 1, description: description.ip, examples: ["192.168.1.1"] }),
    port: Type.Integer({ minimum: 1, maximum: 65_535, description: description.port }),
    priority: Type.Optional(Type.Integer({ minimum: 0, default: 0, description: description.priority })),
    annotations: Type.Optional(
      Type.Record(Type.String(), Type.String(), { default: {}, description: description.annotations }),
    ),
    prefix: Type.Optional(Type.String({ default: "$KV.CHORIA_SERVICES", description: description.prefix })),
  },
  { additionalProperties: false, description: description.registration },
);

/** Closed. What each key says is what editors show. */
export const gossipSchema = Type.Object(
  {
    subject: Type.Optional(
      Type.String({
        default: "",
        description: description.subject,
        examples: ["fleet.news", 'fleet.{{ lookup "facts.region" "eu" }}.news'],
      }),
    ),
    payload: Type.Optional(
      Type.String({ default: "", description: description.payload, examples: ["here"] }),
    ),
    registration: Type.Optional(registrationSchema),
    ttl_seconds: Type.Optional(Type.Integer({ minimum: 0, default: 0, description: description.ttlSeconds })),
  },
  {
    additionalProperties: false,
    description:
      "Says something again and again, at once when it becomes active and then each interval (default 15s): a message, or that a service is there. Never fires a transition.",
    examples: [
      { subject: "fleet.news", payload: "here" },
      { registration: { cluster: "lon", service: "shop", protocol: "http", ip: "192.168.1.1", port: 8080 } },
    ],
  },
);

export interface GossipProperties {
  /** Both templates; undefined = not written. */
  readonly subject: string | undefined;
  readonly payload: string | undefined;
  readonly registration: Registration | undefined;
  /** undefined = not written. */
  readonly ttlMs: number | undefined;
}

export interface Registration {
  readonly cluster: string;
  readonly service: string;
  readonly protocol: string;
  readonly ip: string;
  readonly port: number;
  readonly priority: number;
  readonly annotations: Readonly<Record<string, string>>;
  readonly prefix: string;
}

/** @param raw valid by `gossipSchema`, as the door has made sure; a gossip watcher may have no properties at all */
export function readGossipProperties(raw: unknown): GossipProperties {
  const written = (raw ?? {}) as Static<typeof gossipSchema>;
  return {
    subject: written.subject || undefined,
    payload: written.payload || undefined,
    registration: written.registration && registrationOf(written.registration),
    ttlMs: written.ttl_seconds ? written.ttl_seconds * 1000 : undefined,
  };
}

function registrationOf(written: Static<typeof registrationSchema>): Registration {
  const { priority = 0, annotations = {}, prefix } = written;
  return { ...written, priority, annotations, prefix: prefix || "$KV.CHORIA_SERVICES" };
}
