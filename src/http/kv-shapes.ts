/** The shapes of what is asked of the key-value store and answered. */
import { Type } from "typebox";

const closed = { additionalProperties: false };
const text = Type.String();
const whole = Type.Integer();

export const bucketParams = Type.Object({
  bucket: Type.String({ minLength: 1, description: "Name of the bucket" }),
});
export const keyParams = Type.Object({
  bucket: Type.String({ minLength: 1, description: "Name of the bucket" }),
  key: Type.String({ minLength: 1, description: "The key, escaped: a/b is a%2Fb" }),
});

/** What can be said of a bucket; each is checked by the store. */
export const settings = Type.Partial(
  Type.Object(
    {
      history: Type.Integer({ description: "Entries kept for each key, 1 to 64" }),
      ttlMs: Type.Integer({ description: "Entries older than this end; 0: never" }),
      markerTtlMs: Type.Integer({
        description: "Lets single keys have a ttl; how long the marker of an end stays",
      }),
      maxValueSize: Type.Integer({ description: "Bytes; -1: the engine's own limit" }),
      maxBytes: Type.Integer({ description: "Of the whole bucket; -1: none" }),
      description: text,
      metadata: Type.Record(Type.String(), Type.String()),
      storage: Type.Enum(["file", "memory"]),
      compression: Type.Boolean(),
      replicas: whole,
    },
    closed,
  ),
  closed,
);

/** Engines say more, where there is more to say. */
export const status = Type.Object({
  bucket: text,
  history: whole,
  ttlMs: whole,
  markerTtlMs: whole,
  maxValueSize: whole,
  maxBytes: whole,
  description: text,
  metadata: Type.Record(Type.String(), Type.String()),
  storage: text,
  compression: Type.Boolean(),
  replicas: whole,
  values: whole,
  bytes: whole,
  revision: whole,
  created: text,
  backingStore: text,
});

export const entry = Type.Object(
  {
    bucket: text,
    key: text,
    value: Type.Optional(Type.String({ description: "When the bytes are UTF-8" })),
    valueBase64: Type.Optional(Type.String({ description: "When they are not" })),
    revision: whole,
    created: text,
    delta: whole,
    operation: Type.Enum(["PUT", "DEL", "PURGE"]),
    length: whole,
    ttlMs: Type.Optional(Type.Number()),
  },
  closed,
);

const value = {
  value: Type.Optional(Type.String({ description: "Text, stored as UTF-8" })),
  valueBase64: Type.Optional(Type.String({ description: "Bytes" })),
  ttlMs: Type.Optional(Type.Integer({ description: "Its life; only with If-None-Match: *" })),
};

export const newValue = Type.Object(value, closed);

export const written = Type.Object({ bucket: text, key: text, revision: whole }, closed);

export const conditional = Type.Object({
  "if-match": Type.Optional(
    Type.String({ description: 'Only if the newest entry is this revision ("12"), or * : any value' }),
  ),
  "if-none-match": Type.Optional(Type.String({ description: "*: only if there is no value" })),
});

export const operation = Type.Object(
  {
    op: Type.Enum(["get", "put", "create", "update", "delete", "purge"]),
    key: Type.String({ minLength: 1 }),
    ...value,
    revision: Type.Optional(
      Type.Integer({ minimum: 1, description: "Of update, delete and purge: only if that is the newest" }),
    ),
  },
  closed,
);

export const results = Type.Array(
  Type.Object(
    {
      key: text,
      revision: Type.Optional(whole),
      entry: Type.Optional(Type.Union([entry, Type.Null()])),
      error: Type.Optional(Type.Object({ code: text, message: text })),
    },
    closed,
  ),
);
