/** The machines watcher: keeps the machines installed that a specification in its machine's data lists. */
import { type Static, Type } from "typebox";
import { durationSchema } from "../src/definition/shape.ts";
import { parseDuration } from "../src/lib/duration.ts";
import { Installer, type InstallerProperties } from "../src/lib/specification/installer.ts";
import {
  commonProperties,
  defaultManageMs,
  faultsOfInterval,
  faultsOfKey,
  shortestLookMs,
} from "../src/lib/specification/properties.ts";
import type { WatcherType } from "../src/watching/watcher.ts";

const schema = Type.Object(
  {
    ...commonProperties,
    machine_manage_interval: Type.Optional(
      durationSchema({
        description: "How often each manager verifies what it installed; 0 is the default.",
        default: "2m",
      }),
    ),
  },
  {
    additionalProperties: false,
    description:
      "Installs the machines that a specification lists: writes one small manager machine for each beside its own, which keeps an archive installed.",
    examples: [{ data_item: "machines", purge_unknown: true, machine_manage_interval: "1m" }],
  },
);

export const machines: WatcherType<InstallerProperties> = {
  type: "machines",
  schema,
  minimumIntervalMs: shortestLookMs,
  initialOutcome: "unknown",

  read: (raw) => {
    const written = raw as Static<typeof schema>;
    return {
      dataItem: written.data_item,
      purgeUnknown: written.purge_unknown ?? false,
      manageIntervalMs: parseDuration(written.machine_manage_interval ?? "0") || defaultManageMs,
      publicKey: written.public_key,
      directory: undefined,
      prefix: "mm",
    };
  },

  check: ({ properties }) => [
    ...faultsOfKey(properties.publicKey),
    ...faultsOfInterval("machine_manage_interval", properties.manageIntervalMs),
  ],

  policy: (_, intervalMs) => ({ start: "at-once", entry: "at-once", intervalMs: intervalMs || undefined }),
  create: (properties, context) => new Installer("machines", properties, context),
};
