/** The shape of the config file `machinist.yaml`: closed, each line documented, relative paths counted from the file. */
import { type Static, Type } from "typebox";
import { durationSchema } from "../definition/shape.ts";
import { logLevels } from "../lib/log-level.ts";
import { httpSchema } from "./http-schema.ts";
import { outputFormats } from "./output-format.ts";

function file(description: string) {
  return Type.Optional(Type.String({ minLength: 1, description }));
}

const topicsSchema = Type.Object(
  {
    directory: file("Directory of the handlers. Default: topics, or less/topics"),
    timeout: Type.Optional(
      durationSchema({ description: "How long one call of a handler may take.", default: "5m" }),
    ),
    concurrency: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 1024, description: "Handlers that run at once. Default: 4" }),
    ),
    attempts: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 1000,
        description: "Failed calls after which a message waits for a person. Default: 20",
      }),
    ),
  },
  { additionalProperties: false, description: "Handlers of topics, as Less has them" },
);

/** Source of schemas/config.schema.json. */
export const configSchema = Type.Object(
  {
    data: Type.Optional(
      Type.String({
        minLength: 1,
        description: "Directory of the embedded store and the control socket. Default: .machinist",
      }),
    ),
    store: Type.Optional(
      Type.String({
        minLength: 1,
        description: "The store that kv commands and watchers use. Default: lmdb:DATA/store",
      }),
    ),
    machines: Type.Optional(
      Type.Union(
        [Type.String({ minLength: 1 }), Type.Array(Type.String({ minLength: 1 }), { minItems: 1 })],
        {
          description: "Drop directory, or a list of them. Default: machines",
        },
      ),
    ),
    facts: Type.Optional(
      Type.String({
        minLength: 1,
        description: "File of facts, JSON or YAML. Default: facts.json or facts.yaml in DATA",
      }),
    ),
    overrides: Type.Optional(
      Type.String({
        minLength: 1,
        description:
          "File of settings for single machines, JSON or YAML, by machine name; nagios watchers read it. Default: overrides.json or overrides.yaml in DATA",
      }),
    ),
    json: Type.Optional(Type.Boolean({ description: "Print JSON, as --json does. Default: false" })),
    output: Type.Optional(
      Type.Enum([...outputFormats], { description: "How results are printed, as -o does. Default: text" }),
    ),
    color: Type.Optional(Type.Boolean({ description: "Colour on terminals. Default: true" })),
    log_level: Type.Optional(
      Type.Enum([...logLevels], { description: "The least serious messages logged. Default: info" }),
    ),
    log_format: Type.Optional(
      Type.Enum(["text", "json"], { description: "Default: text on a terminal, else json" }),
    ),
    drain_timeout: Type.Optional(
      durationSchema({
        description: "How long a stopping daemon waits for running commands.",
        default: "10s",
      }),
    ),
    events: Type.Optional(
      Type.Object(
        {
          subject: Type.Optional(
            Type.Union(
              [
                Type.Literal(false),
                Type.String({
                  pattern: "^([^\\s.*>]+(\\.[^\\s.*>]+)*)?$",
                  patternErrorMessage: "expected words with dots between them, without spaces, * and >",
                }),
              ],
              {
                description:
                  'First part of the subjects of events on NATS, when the store is there; choria.machine for those who listen to Choria. false or "": no events there. Default: machinist.machine',
              },
            ),
          ),
          file: file("File to which each event is added as a line of JSON. Default: none"),
          file_size: Type.Optional(
            Type.Integer({
              minimum: 1,
              description: "Bytes after which it is set aside as FILE.1, FILE.2… Default: 10485760",
            }),
          ),
          file_keep: Type.Optional(
            Type.Integer({ minimum: 0, maximum: 100, description: "How many are kept so. Default: 5" }),
          ),
        },
        { additionalProperties: false, description: "Where events go" },
      ),
    ),
    logs: Type.Optional(
      Type.Object(
        {
          run_size: Type.Optional(
            Type.Integer({
              minimum: 4096,
              description:
                "Bytes that are kept of the output of one run; the middle of a longer one is cut. Default: 1048576",
            }),
          ),
          runs: Type.Optional(
            Type.Integer({ minimum: 1, maximum: 10_000, description: "Runs kept per watcher. Default: 20" }),
          ),
          total_size: Type.Optional(
            Type.Integer({
              minimum: 4096,
              description: "Bytes that all runs may take; the oldest are removed first. Default: 268435456",
            }),
          ),
        },
        { additionalProperties: false, description: "How much of the output of commands is kept" },
      ),
    ),
    signing_key: Type.Optional(
      Type.String({
        pattern: "^[0-9A-Fa-f]{64}$",
        patternErrorMessage: "expected 64 hex digits",
        description:
          "Public key (ed25519, hex) that the specifications of plugins and machines watchers must be signed by, instead of their own public_key",
      }),
    ),
    nats: Type.Optional(
      Type.Object(
        {
          credentials: file("Credentials file: JWT and seed of a user"),
          nkey: file("File with the seed of an nkey"),
          token: file("File with a token"),
          user: Type.Optional(Type.String({ minLength: 1, description: "Name of the user" })),
          password: file("File with the user's password"),
          tls: Type.Optional(
            Type.Object(
              {
                ca: file("Who signs the servers' certificates. Default: those whom Node trusts"),
                cert: file("A certificate of our own, where the server wants one"),
                key: file("The key of that certificate"),
              },
              { additionalProperties: false, description: "The server proves itself by a certificate" },
            ),
          ),
          domain: Type.Optional(
            Type.String({
              pattern: "^[^\\s.*>]+$",
              patternErrorMessage: "expected one word without spaces, dots, * and >",
              description: "JetStream domain of the buckets. Default: that of the server",
            }),
          ),
          heartbeat: Type.Optional(
            durationSchema({
              description:
                "How often the server says that a watch is alive; after 2.5 times this without a sign the watch begins anew.",
              default: "10s",
            }),
          ),
        },
        { additionalProperties: false, description: "How to log in to NATS, when the store is there" },
      ),
    ),
    http: Type.Optional(httpSchema),
    topics: Type.Optional(topicsSchema),
    butler: Type.Optional(
      Type.Object(
        {
          enabled: Type.Optional(Type.Boolean({ description: "Default: true" })),
          memory: Type.Optional(
            Type.Boolean({
              description: "Keep pairs in the daemon's memory only, as Butler does. Default: false",
            }),
          ),
          max_keys_per_namespace: Type.Optional(
            Type.Integer({ minimum: 1, description: "How many keys a namespace takes. Default: any number" }),
          ),
        },
        { additionalProperties: false, description: "Butler's key-value REST API, below /v4" },
      ),
    ),
    metrics: Type.Optional(
      Type.Object(
        {
          textfile: file("Directory in which to keep machinist.prom, for node_exporter. Default: none"),
        },
        { additionalProperties: false, description: "Where to show what watchers measure" },
      ),
    ),
    exec: Type.Optional(
      Type.Object(
        {
          concurrency: Type.Optional(
            Type.Integer({
              minimum: 1,
              maximum: 1024,
              description: "Commands that run at once. Default: the number of cores",
            }),
          ),
          stop_grace: Type.Optional(
            durationSchema({
              description: "Time between TERM and KILL when a command is stopped.",
              default: "5s",
            }),
          ),
          environment: Type.Optional(
            Type.Record(Type.String({ pattern: "^[A-Za-z_][A-Za-z0-9_]*$" }), Type.String(), {
              additionalProperties: false,
              description: "Variables that every command gets besides PATH, HOME, USER, LANG and TZ",
            }),
          ),
        },
        { additionalProperties: false, description: "How commands run" },
      ),
    ),
  },
  { additionalProperties: false, title: "machinist config file" },
);

/** The config file as it is written. */
export type ConfigFile = Static<typeof configSchema>;
