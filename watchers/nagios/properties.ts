/** The properties of a nagios watcher: as they are written, and as the code has them. */
import { type Static, Type } from "typebox";
import { durationSchema } from "../../src/definition/shape.ts";
import { parseDuration } from "../../src/lib/duration.ts";
import { logOutputSchemas } from "../../src/watching/log-output.ts";

const defaultTimeoutMs = 10_000;

/** Closed. What each key says is what editors show. */
export const nagiosSchema = Type.Object(
  {
    plugin: Type.Optional(
      Type.String({
        minLength: 1,
        description:
          "Program and arguments of a monitoring plugin, split into words as a shell does, run without a shell in the machine's directory. Each word may hold templates, among them {{ o \"path\" default }} for what the host's overrides say of this machine.",
        examples: ['check_load -w {{ o "load.warn" 5 }} -c {{ o "load.crit" 10 }}'],
      }),
    ),
    builtin: Type.Optional(
      Type.String({
        minLength: 1,
        description:
          "A check without a program, instead of `plugin`: `heartbeat` is always OK; `choria_status`, also `machinist_status`, checks the daemon itself.",
        examples: ["heartbeat", "machinist_status"],
      }),
    ),
    gossfile: Type.Optional(
      Type.String({ description: "For builtin goss, which machinist does not have: run goss as a plugin." }),
    ),
    last_message: Type.Optional(
      durationSchema({
        description: "Required by builtin choria_status. Accepted: machinist knows no last message.",
      }),
    ),
    pubcert_expire: Type.Optional(
      durationSchema({ description: "Of builtin choria_status. Accepted: machinist checks no certificate." }),
    ),
    token_expire: Type.Optional(
      durationSchema({ description: "Of builtin choria_status. Accepted: machinist checks no token." }),
    ),
    ...logOutputSchemas,
    timeout: Type.Optional(
      durationSchema({
        description: "Stop the plugin and all it started when it runs longer. 0 is the default.",
        default: "10s",
      }),
    ),
    annotations: Type.Optional(
      Type.Record(Type.String(), Type.String(), {
        default: {},
        description: "Copied to this watcher's events.",
        examples: [{ runbook: "https://wiki.example/load" }],
      }),
    ),
  },
  {
    additionalProperties: false,
    description:
      "Runs a monitoring plugin at each interval and fires the transition OK, WARNING, CRITICAL or UNKNOWN, which the machine must have. Entering the state FORCE_CHECK checks at once.",
    examples: [{ plugin: "check_load -w 5 -c 10" }, { builtin: "heartbeat" }],
  },
);

export interface NagiosProperties {
  /** As written: its words are templates. Exactly one of this and `builtin`, as `check` makes sure. */
  readonly plugin: string | undefined;
  readonly builtin: string | undefined;
  readonly hasGossfile: boolean;
  readonly hasLastMessage: boolean;
  /** Names of properties in use that nothing comes of, though somebody may rely on them. */
  readonly unchecked: readonly string[];
  /** At least 1. */
  readonly timeoutMs: number;
  readonly logOutput: boolean;
  readonly annotations: Readonly<Record<string, string>>;
}

/** @param raw valid by `nagiosSchema`, as the door has made sure */
export function readNagiosProperties(raw: unknown): NagiosProperties {
  const written = (raw ?? {}) as Static<typeof nagiosSchema>;
  const isSet = (text: string | undefined): boolean => parseDuration(text ?? "0") > 0;
  return {
    plugin: written.plugin,
    builtin: written.builtin,
    hasGossfile: Boolean(written.gossfile),
    hasLastMessage: isSet(written.last_message),
    unchecked: (["pubcert_expire", "token_expire"] as const).filter((name) => isSet(written[name])),
    timeoutMs: parseDuration(written.timeout ?? "0") || defaultTimeoutMs,
    logOutput: written.log_output ?? false,
    annotations: written.annotations ?? {},
  };
}
