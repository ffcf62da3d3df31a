/** The properties of a kv watcher: as they are written, and as the code has them. */
import { type Static, Type } from "typebox";

const description = {
  bucket: "Bucket to look at. It may be created later. Not a template.",
  key: 'Key to follow; a template, rendered at each look. May be a filter: whole tokens as "*", the last one as ">". Left out in mode watch: the whole bucket.',
  mode: "poll looks at each interval (default 10s); watch is told of each change, and needs no interval.",
  bucketPrefix: 'Keep values in the machine\'s data as "BUCKET_key"; false: as "key".',
  storeKey: "Name that takes the place of the key in the machine's data; a template. Not for filters.",
  onSuccessfulGet: "Fire success_transition on every look that finds the key, changed or not.",
  onMatchingUpdate:
    "Fire success_transition when the key was written again with an equal value. Not at the first look.",
  parse:
    "json reads {…} as an object and […] as a list, keeps everything else as text, and takes broken JSON for an error. text keeps every value as the text that it is, for commands that judge it themselves.",
  query:
    'Part of a JSON object to keep instead of all of it, as a path such as "spec.version". No hit is an error.',
  deliver:
    "last compares the latest value with the machine's data. every takes each retained revision in order, one a look, exactly once, also across restarts; an unreadable one fires fail_transition and is passed over.",
  deleteTransition:
    "Transition to fire when the key was deleted or purged. Default: success_transition, as in Choria.",
  hieraConfig:
    "Take a JSON object for hierarchical data, {hierarchy: {order, merge}, data, overrides}, and keep what it comes to with the host's facts, as tinyhiera does. query looks into the result. Resolved anew at each look, and when facts change in mode watch.",
  republishTrigger:
    "Subject on which NATS republishes the entries of the bucket (kv add --republish-destination); a template, rendered once. A republished entry of the key makes mode poll look at once. On the embedded engine any change of the key does.",
  keepOnOutage:
    "When the bucket cannot be read, or the key is gone because the bucket was destroyed or created again, keep the machine's data and fire nothing. A deletion of the key still removes its item.",
};

/** Closed. What each key says is what editors show. */
export const kvSchema = Type.Object(
  {
    bucket: Type.String({
      pattern: "^[A-Za-z0-9_-]+$",
      patternErrorMessage: "expected letters, digits, _ and -",
      description: description.bucket,
      examples: ["DEPLOY"],
    }),
    key: Type.Optional(
      Type.String({
        minLength: 1,
        description: description.key,
        examples: ["release", "host.*", '{{ lookup "facts.role" "web" }}'],
      }),
    ),
    mode: Type.Optional(Type.Enum(["poll", "watch"], { default: "poll", description: description.mode })),
    bucket_prefix: Type.Optional(Type.Boolean({ default: true, description: description.bucketPrefix })),
    store_key: Type.Optional(
      Type.String({ default: "", description: description.storeKey, examples: ["release"] }),
    ),
    on_successful_get: Type.Optional(
      Type.Boolean({ default: false, description: description.onSuccessfulGet }),
    ),
    on_matching_update: Type.Optional(
      Type.Boolean({ default: false, description: description.onMatchingUpdate }),
    ),
    parse: Type.Optional(Type.Enum(["json", "text"], { default: "json", description: description.parse })),
    query: Type.Optional(
      Type.String({ default: "", description: description.query, examples: ["spec.version"] }),
    ),
    deliver: Type.Optional(
      Type.Enum(["last", "every"], { default: "last", description: description.deliver }),
    ),
    delete_transition: Type.Optional(
      Type.String({ minLength: 1, description: description.deleteTransition, examples: ["removed"] }),
    ),
    hiera_config: Type.Optional(Type.Boolean({ default: false, description: description.hieraConfig })),
    republish_trigger: Type.Optional(
      Type.String({
        default: "",
        description: description.republishTrigger,
        examples: ["republished.$KV.DEPLOY.>"],
      }),
    ),
    keep_on_outage: Type.Optional(Type.Boolean({ default: false, description: description.keepOnOutage })),
  },
  {
    additionalProperties: false,
    description:
      "Follows one key, the keys that a filter matches, or a whole bucket. With a filter, and with deliver: every, the machine's data also holds under the watcher's own name what was handled last: {bucket, key, revision, operation}.",
    examples: [{ bucket: "DEPLOY", key: "release", mode: "watch" }],
  },
);

export interface KvProperties {
  readonly bucket: string;
  /** A template; `>` when none was written. */
  readonly key: string;
  readonly mode: "poll" | "watch";
  readonly bucketPrefix: boolean;
  /** A template; undefined = the key itself. */
  readonly storeKey: string | undefined;
  readonly onSuccessfulGet: boolean;
  readonly onMatchingUpdate: boolean;
  readonly parse: "json" | "text";
  readonly query: string | undefined;
  readonly deliver: "last" | "every";
  readonly deleteTransition: string | undefined;
  /** Objects are hierarchical data, resolved with the host's facts. */
  readonly hieraConfig: boolean;
  /** Template of a subject. */
  readonly republishTrigger: string | undefined;
  readonly keepOnOutage: boolean;
  /** What `check` needs to see of what was written. */
  readonly written: { readonly hasKey: boolean };
}

/** @param raw valid by `kvSchema`, as the door has made sure */
export function readKvProperties(raw: unknown): KvProperties {
  const written = raw as Static<typeof kvSchema>;
  return {
    bucket: written.bucket,
    key: written.key ?? ">",
    mode: written.mode ?? "poll",
    bucketPrefix: written.bucket_prefix ?? true,
    storeKey: written.store_key || undefined,
    onSuccessfulGet: written.on_successful_get ?? false,
    onMatchingUpdate: written.on_matching_update ?? false,
    parse: written.parse ?? "json",
    query: written.query || undefined,
    deliver: written.deliver ?? "last",
    deleteTransition: written.delete_transition,
    hieraConfig: written.hiera_config ?? false,
    republishTrigger: written.republish_trigger || undefined,
    keepOnOutage: written.keep_on_outage ?? false,
    written: { hasKey: written.key !== undefined },
  };
}
