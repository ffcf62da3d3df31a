/** Faults of an archive watcher's properties that its schema cannot tell. Pure. */
import type { PropertyFault } from "../../src/definition/shape.ts";
import { formatDuration } from "../../src/lib/duration.ts";
import { messageOf } from "../../src/lib/errors.ts";
import { parseSize } from "../../src/lib/size.ts";
import { parseTemplate } from "../../src/lib/template.ts";
import { checkGovernor } from "../../src/watching/governor-properties.ts";
import { parseChecksum } from "./checksum.ts";
import { innerPath } from "./inner-path.ts";
import { type ArchiveProperties, shortestTimeoutMs, type Templated } from "./properties.ts";
import { parseSource } from "./source.ts";

export function checkArchive({
  properties,
}: {
  readonly properties: ArchiveProperties;
}): readonly PropertyFault[] {
  return [
    ...checkTexts(properties),
    ...checkPaths(properties),
    ...checkPairs(properties),
    ...checkLimits(properties),
    ...checkGovernor(properties.governor),
  ];
}

function checkTexts({ templates, verify }: ArchiveProperties): PropertyFault[] {
  const nobody = { username: "", password: "" };
  const isNeeded = verify !== "" && templates.verify_checksum !== "";
  return [
    ...checkText("source", templates.source, (text) => parseSource(text, nobody)),
    ...checkText("checksum", templates.checksum, (text) => parseChecksum(text, "checksum")),
    ...checkText("verify_checksum", templates.verify_checksum, (text) =>
      isNeeded ? parseChecksum(text, "verify_checksum") : undefined,
    ),
    ...checkText("username", templates.username),
    ...checkText("password", templates.password),
  ];
}

/** @param read throws for what a text without templates must not be */
function checkText(property: Templated, text: string, read?: (text: string) => unknown): PropertyFault[] {
  const path = ["properties", property];
  try {
    const template = parseTemplate(text);
    if (!template.constant) return [];
    // Through its template, as what is written may escape something.
    const rendered = template.render({ data: {}, facts: {} });
    return refusal(path, () => read?.(rendered));
  } catch (cause) {
    // The parser quotes what it found, which may be a secret.
    const isSecret = property === "password" || property === "username" || property === "source";
    const message = isSecret ? "it is no valid template; correct what stands in {{ }}" : messageOf(cause);
    return [{ path, message }];
  }
}

function checkPaths({ creates, verify }: ArchiveProperties): PropertyFault[] {
  const faults: PropertyFault[] = [];
  if (innerPath(creates) === undefined) {
    const message = `${JSON.stringify(creates)} is no directory inside target; write the name of the directory that the archive makes`;
    faults.push({ path: ["properties", "creates"], message });
  }
  if (verify !== "" && innerPath(verify) === undefined) {
    const message = `${JSON.stringify(verify)} is no file inside the directory that the archive makes; write its name, for example SHA256SUMS`;
    faults.push({ path: ["properties", "verify"], message });
  }
  return faults;
}

function checkPairs({ templates, verify }: ArchiveProperties): PropertyFault[] {
  const { username, password, verify_checksum } = templates;
  return [
    ...partner("verify", verify, ["verify_checksum", verify_checksum]),
    ...partner("username", username, ["password", password]),
  ];
}

function partner(property: string, value: string, [name, other]: readonly [string, string]): PropertyFault[] {
  if (value === "" || other !== "") return [];
  return [{ path: ["properties", property], message: `${property} needs ${name}; write both or none` }];
}

function checkLimits({ maxSize, writtenTimeoutMs }: ArchiveProperties): PropertyFault[] {
  const faults = refusal(["properties", "max_size"], () => parseSize(maxSize));
  if (faults.length === 0 && parseSize(maxSize) <= 0) {
    const message = `${JSON.stringify(maxSize)} lets no archive in; write for example 100M or 1G`;
    faults.push({ path: ["properties", "max_size"], message });
  }
  if (writtenTimeoutMs > 0 && writtenTimeoutMs < shortestTimeoutMs) {
    const message = `${formatDuration(writtenTimeoutMs)} is shorter than the shortest timeout; it will be 5s, write that`;
    faults.push({ path: ["properties", "timeout"], message, severity: "warning" });
  }
  return faults;
}

function refusal(path: PropertyFault["path"], attempt: () => unknown): PropertyFault[] {
  try {
    attempt();
    return [];
  } catch (cause) {
    return [{ path, message: messageOf(cause) }];
  }
}
