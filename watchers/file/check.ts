/** Faults of a file watcher's properties that its schema cannot tell. Pure. */
import type { PropertyFault } from "../../src/definition/shape.ts";
import { messageOf } from "../../src/lib/errors.ts";
import { parseTemplate } from "../../src/lib/template.ts";
import { modeExpectation, parseMode } from "./mode.ts";
import { type FileProperties, type ManagedProperties, managingProperties } from "./properties.ts";

export function checkFile({ properties }: { readonly properties: FileProperties }): readonly PropertyFault[] {
  const { managed, written } = properties;
  if (managed === undefined) return checkWatched(written);
  const both = written.contents !== undefined && written.content !== undefined;
  const key = written.contents ? "contents" : "content";
  return [
    ...(both
      ? [fault("content", "contents and content are two names of one property; remove one of them")]
      : []),
    ...refusal(key, () => parseTemplate(managed.contents)),
    ...managingProperties.flatMap((name) => checkManaging(name, managed, key)),
  ];
}

function checkWatched(written: FileProperties["written"]): PropertyFault[] {
  return managingProperties
    .filter((name) => written[name] !== undefined)
    .map((name) => ({
      ...fault(
        name,
        `${name} is ignored, because there are no contents to write; remove it, or write contents`,
      ),
      severity: "warning",
    }));
}

function checkManaging(
  name: (typeof managingProperties)[number],
  managed: ManagedProperties,
  key: string,
): PropertyFault[] {
  const text = managed[name];
  if (text === "")
    return [fault(name, `${key} needs ${name} too: who writes a file says whose it is and who may read it`)];
  const faults = refusal(name, () => parseTemplate(text));
  if (name !== "mode" || faults.length > 0) return faults;
  // What is filled in later can only be judged then.
  if (!parseTemplate(text).constant || parseMode(text) !== undefined) return [];
  return [fault(name, `${JSON.stringify(text)} is no file mode; ${modeExpectation}`)];
}

function refusal(property: string, attempt: () => unknown): PropertyFault[] {
  try {
    attempt();
    return [];
  } catch (cause) {
    return [fault(property, messageOf(cause))];
  }
}

function fault(property: string, message: string): PropertyFault {
  return { path: ["properties", property], message };
}
