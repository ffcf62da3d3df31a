/** The properties `governor` and `governor_timeout`, the same in every watcher type that has them. */
import { Type } from "typebox";
import { durationSchema, type PropertyFault, type ResourceIn } from "../definition/shape.ts";
import { parseDuration } from "../lib/duration.ts";
import { messageOf } from "../lib/errors.ts";
import { parseTemplate } from "../lib/template.ts";

const defaultTimeout = "5m";

/** To be spread into the object schema of a type. */
export const governorSchemas = {
  governor: Type.Optional(
    Type.String({
      default: "",
      description:
        "Only so many work at a time, over all hosts that share the store: the name of the governor (`machinist governor add`) in which each takes a slot first. May hold templates.",
      examples: ["deploys"],
    }),
  ),
  governor_timeout: Type.Optional(
    durationSchema({
      description: "How long to wait for a slot of the governor; then it is an error. 0 is the default.",
      default: defaultTimeout,
    }),
  ),
};

interface Written {
  readonly governor?: string;
  readonly governor_timeout?: string;
}

export interface GovernorProperties {
  /** A template. */
  readonly name: string;
  /** At least 1. */
  readonly timeoutMs: number;
}

/** @returns undefined when there is none to enter */
export function readGovernor({ governor, governor_timeout }: Written): GovernorProperties | undefined {
  if (!governor) return undefined;
  const timeoutMs = parseDuration(governor_timeout ?? "0") || parseDuration(defaultTimeout);
  return { name: governor, timeoutMs };
}

/** The governor that must exist; none when its name depends on data. */
export function governorIn(governor: GovernorProperties | undefined): ResourceIn[] {
  if (!governor || governor.name.includes("{{")) return [];
  return [{ kind: "governor", name: governor.name, path: ["properties", "governor"] }];
}

/** Faults that the schema cannot tell. */
export function checkGovernor(governor: GovernorProperties | undefined): readonly PropertyFault[] {
  try {
    parseTemplate(governor?.name ?? "");
    return [];
  } catch (cause) {
    return [{ path: ["properties", "governor"], message: messageOf(cause) }];
  }
}
