/** The properties of an archive watcher: as they are written, and as the code has them. */
import { type Static, Type } from "typebox";
import { durationSchema } from "../../src/definition/shape.ts";
import { parseDuration } from "../../src/lib/duration.ts";
import {
  type GovernorProperties,
  governorSchemas,
  readGovernor,
} from "../../src/watching/governor-properties.ts";

const defaultTimeout = "1m";
/** A shorter timeout becomes this long. */
export const shortestTimeoutMs = 5_000;
const defaultMaxSize = "1G";

/** Closed. What each key says is what editors show. */
export const archiveSchema = Type.Object(
  {
    source: Type.String({
      minLength: 1,
      description:
        "Where the archive (.tar.gz) comes from: an https, http or file URL, or the absolute path of a file. May hold templates.",
      examples: ["https://example.net/app-1.2.3.tgz", '{{ lookup "data.app.source" "" }}'],
    }),
    creates: Type.String({
      minLength: 1,
      description: "The directory that the archive makes in `target`. It must be in the archive.",
      examples: ["app"],
    }),
    target: Type.String({
      minLength: 1,
      description:
        "The directory to unpack in; made when it is missing. A relative one counts from the machine's directory.",
      examples: ["/srv"],
    }),
    checksum: Type.String({
      minLength: 1,
      description: "The sha256 of the archive, 64 hex digits. May hold templates.",
    }),
    verify: Type.Optional(
      Type.String({
        default: "",
        description:
          "A file in `creates` with the sha256 of other files there, as sha256sum writes it. When one does not match, the archive is fetched again. Needs verify_checksum.",
        examples: ["SHA256SUMS"],
      }),
    ),
    verify_checksum: Type.Optional(
      Type.String({ default: "", description: "The sha256 of the file `verify`. May hold templates." }),
    ),
    username: Type.Optional(
      Type.String({
        default: "",
        description: "For sources that ask who you are (HTTP basic). May hold templates. Needs password.",
      }),
    ),
    password: Type.Optional(
      Type.String({ default: "", description: "What goes with the username. May hold templates." }),
    ),
    timeout: Type.Optional(
      durationSchema({
        description: "How long it may take to fetch the archive. At least 5s; 0 is the default.",
        default: defaultTimeout,
      }),
    ),
    insecure: Type.Optional(
      Type.Boolean({
        default: false,
        description: "Fetch also from an https server whose certificate nobody vouches for.",
      }),
    ),
    max_size: Type.Optional(
      Type.String({
        default: defaultMaxSize,
        description: "Refuse an archive that is larger than this, fetched or unpacked.",
        examples: ["100M"],
      }),
    ),
    ...governorSchemas,
  },
  {
    additionalProperties: false,
    description:
      "Keeps the content of an archive installed: looks on entering a state of state_match, and at each interval. When its directory is missing or does not match its checksums, fetches the archive and puts it in place. Fires success_transition whenever all is well afterwards, fail_transition when not.",
    examples: [
      {
        source: "https://example.net/app-1.2.3.tgz",
        checksum: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        target: "/srv",
        creates: "app",
      },
    ],
  },
);

/** Names of properties that are templates, all but the governor's. */
export type Templated = "source" | "checksum" | "verify_checksum" | "username" | "password";

export interface ArchiveProperties {
  /** As written. */
  readonly templates: Readonly<Record<Templated, string>>;
  readonly creates: string;
  readonly target: string;
  /** Empty: there is nothing to verify but that the directory is there. */
  readonly verify: string;
  readonly timeoutMs: number;
  /** As written, before the minimum; 0 = left out. */
  readonly writtenTimeoutMs: number;
  readonly insecure: boolean;
  /** As written: a size of src/lib/size.ts. */
  readonly maxSize: string;
  readonly governor: GovernorProperties | undefined;
}

/** @param raw valid by `archiveSchema`, as the door has made sure */
export function readArchiveProperties(raw: unknown): ArchiveProperties {
  const written = raw as Static<typeof archiveSchema>;
  const writtenTimeoutMs = parseDuration(written.timeout ?? "0");
  return {
    templates: {
      source: written.source,
      checksum: written.checksum,
      verify_checksum: written.verify_checksum ?? "",
      username: written.username ?? "",
      password: written.password ?? "",
    },
    creates: written.creates,
    target: written.target,
    verify: written.verify ?? "",
    timeoutMs: Math.max(writtenTimeoutMs || parseDuration(defaultTimeout), shortestTimeoutMs),
    writtenTimeoutMs,
    insecure: written.insecure ?? false,
    maxSize: written.max_size ?? defaultMaxSize,
    governor: readGovernor(written),
  };
}
