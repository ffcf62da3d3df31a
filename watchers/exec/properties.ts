/** The properties of an exec watcher: as they are written, and as the code has them. */
import { type Static, Type } from "typebox";
import { durationSchema } from "../../src/definition/shape.ts";
import { parseDuration } from "../../src/lib/duration.ts";
import {
  type GovernorProperties,
  governorSchemas,
  readGovernor,
} from "../../src/watching/governor-properties.ts";
import { logOutputSchemas } from "../../src/watching/log-output.ts";

const defaultTimeoutMs = 10_000;

/** Closed. What each key says is what editors show. */
export const execSchema = Type.Object(
  {
    command: Type.String({
      minLength: 1,
      description:
        "Program and arguments, split into words as a shell does, run without a shell in the machine's directory. Each word may hold templates; what they become is never split again.",
      examples: ["./deploy.sh", './notify.sh --to {{ lookup "data.owner" "ops" }}'],
    }),
    timeout: Type.Optional(
      durationSchema({
        description:
          "Stop the command and all it started when it runs longer. 0 is the default. Not for disowned ones.",
        default: "10s",
      }),
    ),
    environment: Type.Optional(
      Type.Array(Type.String(), {
        default: [],
        description:
          "More variables for the command, as NAME=VALUE; the values may hold templates. It has PATH with the machine's directory last, HOME, USER, LANG, TZ, MACHINE_NAME, MACHINE_WATCHER_NAME, MACHINE_WORK_DIR, MACHINE_RUN_ID, and in WATCHER_DATA and WATCHER_FACTS the paths of JSON files.",
        examples: [["REGION=eu", 'OWNER={{ lookup "data.owner" "ops" }}']],
      }),
    ),
    parse_as_data: Type.Optional(
      Type.Boolean({
        default: false,
        description:
          "Standard output is one JSON object; each of its top-level items is put into the machine's data.",
      }),
    ),
    suppress_success_announce: Type.Optional(
      Type.Boolean({
        default: false,
        description: "Publish no event for a run that succeeded. Errors are always published.",
      }),
    ),
    gather_initial_state: Type.Optional(
      Type.Boolean({
        default: false,
        description: "Also run within 30s after the machine starts, at a random moment.",
      }),
    ),
    disown: Type.Optional(
      Type.Boolean({
        default: false,
        description:
          "Let the command run on when the daemon stops or the time is over. Its end is still waited for.",
      }),
    ),
    ...logOutputSchemas,
    ...governorSchemas,
  },
  {
    additionalProperties: false,
    description:
      "Runs a command: on entering a state of state_match, and at each interval when there is one. Exit status 0 fires success_transition, everything else fail_transition.",
    examples: [{ command: "./deploy.sh", timeout: "1m" }],
  },
);

export interface ExecVariable {
  readonly name: string;
  readonly value: string;
  /** As written, for `check`. */
  readonly entry: string;
}

export interface ExecProperties {
  /** As written: its words are templates. */
  readonly command: string;
  /** At least 1. */
  readonly timeoutMs: number;
  /** Values are templates. A later one of the same name wins. */
  readonly environment: readonly ExecVariable[];
  readonly parseAsData: boolean;
  readonly suppressSuccessAnnounce: boolean;
  readonly gatherInitialState: boolean;
  readonly disown: boolean;
  readonly logOutput: boolean;
  readonly governor: GovernorProperties | undefined;
}

/** @param raw valid by `execSchema`, as the door has made sure */
export function readExecProperties(raw: unknown): ExecProperties {
  const written = raw as Static<typeof execSchema>;
  return {
    command: written.command,
    timeoutMs: parseDuration(written.timeout ?? "0") || defaultTimeoutMs,
    environment: (written.environment ?? []).map((entry) => {
      const [name = ""] = entry.split("=", 1);
      return { name, value: entry.slice(name.length + 1), entry };
    }),
    parseAsData: written.parse_as_data ?? false,
    suppressSuccessAnnounce: written.suppress_success_announce ?? false,
    gatherInitialState: written.gather_initial_state ?? false,
    disown: written.disown ?? false,
    logOutput: written.log_output ?? false,
    governor: readGovernor(written),
  };
}
