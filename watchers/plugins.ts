/** The plugins watcher: keeps the plugins installed that a specification in its machine's data lists, wherever they belong. */
import { isAbsolute } from "node:path";
import { type Static, Type } from "typebox";
import { durationSchema, type PropertyFault } from "../src/definition/shape.ts";
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
    plugin_manage_interval: Type.Optional(
      durationSchema({
        description: "How often each manager verifies what it installed; 0 is the default.",
        default: "2m",
      }),
    ),
    plugins_directory: Type.Optional(
      Type.String({
        default: "",
        description:
          "Directory that plugins are installed in, an absolute path. Default: where the managers are, beside this machine.",
      }),
    ),
    manager_machine_prefix: Type.Optional(
      Type.String({
        default: "mm",
        maxLength: 20,
        description: "Names of managers are this, `_` and the name of the plugin. It may hold no `_`.",
      }),
    ),
  },
  {
    additionalProperties: false,
    description:
      "Installs the plugins that a specification lists: writes one small manager machine for each beside its own, which keeps an archive installed.",
    examples: [
      { data_item: "plugins", purge_unknown: true },
      { data_item: "plugins", plugins_directory: "/opt/plugins", manager_machine_prefix: "plugin" },
    ],
  },
);

export const plugins: WatcherType<InstallerProperties> = {
  type: "plugins",
  schema,
  minimumIntervalMs: shortestLookMs,
  initialOutcome: "unknown",

  read: (raw) => {
    const written = raw as Static<typeof schema>;
    return {
      dataItem: written.data_item,
      purgeUnknown: written.purge_unknown ?? false,
      manageIntervalMs: parseDuration(written.plugin_manage_interval ?? "0") || defaultManageMs,
      publicKey: written.public_key,
      directory: written.plugins_directory || undefined,
      prefix: written.manager_machine_prefix || "mm",
    };
  },

  check: ({ properties }) => [
    ...faultsOfKey(properties.publicKey),
    ...faultsOfInterval("plugin_manage_interval", properties.manageIntervalMs),
    ...faultsOfDirectory(properties.directory),
    ...faultsOfPrefix(properties.prefix),
  ],

  policy: (_, intervalMs) => ({ start: "at-once", entry: "at-once", intervalMs: intervalMs || undefined }),
  create: (properties, context) => new Installer("plugins", properties, context),
};

function faultsOfDirectory(directory: string | undefined): PropertyFault[] {
  if (directory === undefined || isAbsolute(directory)) return [];
  const message = `plugins_directory ${JSON.stringify(directory)} is no absolute path; write one, such as /opt/plugins`;
  return [{ path: ["properties", "plugins_directory"], message }];
}

function faultsOfPrefix(prefix: string): PropertyFault[] {
  if (/^[A-Za-z][A-Za-z0-9-]*$/.test(prefix)) return [];
  const message = `manager_machine_prefix ${JSON.stringify(prefix)} is none; use A-Z a-z 0-9 -, a letter first, and no _, which ends it in the names of managers`;
  return [{ path: ["properties", "manager_machine_prefix"], message }];
}
