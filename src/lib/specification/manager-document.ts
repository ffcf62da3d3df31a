/** The machine that keeps one entry of a specification installed. Pure. */
import { formatDuration } from "../duration.ts";
import type { SpecificationEntry } from "./entry.ts";

export interface ManagerSettings {
  /** Before the entry's name, with a `_` between. */
  readonly prefix: string;
  /** How often the archive is verified. */
  readonly intervalMs: number;
  /** Where the archive is unpacked. */
  readonly target: string;
}

/** The name of the manager of an entry, and of its directory. */
export function managerName(prefix: string, entry: string): string {
  return `${prefix}_${entry}`;
}

/**
 * The text of its machine.yaml. It is JSON, which is YAML too, in ASCII: nothing in an entry can become anything but a text in it.
 */
export function managerDocument(entry: SpecificationEntry, settings: ManagerSettings): string {
  const document = {
    name: managerName(settings.prefix, entry.name),
    version: "1.0.0",
    initial_state: "MANAGE",
    transitions: [
      { name: "enter_maintenance", from: ["MANAGE"], destination: "MAINTENANCE" },
      { name: "resume", from: ["MAINTENANCE"], destination: "MANAGE" },
    ],
    watchers: [
      {
        name: "download",
        type: "archive",
        interval: formatDuration(settings.intervalMs),
        state_match: ["MANAGE"],
        properties: {
          source: entry.source,
          checksum: entry.checksum,
          verify: "SHA256SUMS",
          verify_checksum: entry.verifyChecksum,
          creates: entry.name,
          target: settings.target,
          username: entry.username,
          password: entry.password,
          governor: entry.governor,
        },
      },
    ],
  };
  return `# Written from a specification, and written again when this is changed.\n${ascii(JSON.stringify(document, null, 2))}\n`;
}

/** Every other character as JSON escapes it: YAML does not take all of them as they are. */
function ascii(json: string): string {
  return json.replace(/[^\n -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
