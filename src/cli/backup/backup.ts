/** `machinist backup` and `machinist restore`: all that a host knows, as one file. */
import { resolve } from "node:path";
import { Command } from "@commander-js/extra-typings";
import { type OptionalPart, optionalParts } from "../../backup/manifest.ts";
import { formatSize } from "../../lib/size.ts";
import { examples } from "../examples.ts";
import type { BeginInvocation } from "../invocation.ts";
import { oneOf } from "../values.ts";

const part = oneOf(optionalParts);

export function backupCommand(begin: BeginInvocation) {
  return new Command("backup")
    .description("write machines, their data and cursors, and the buckets of the embedded store to a file")
    .argument("<file>", "it holds keys and values in clear text; only you may read it")
    .option(
      "--with <part>",
      `also ${optionalParts.join(" or ")}: output of commands, work directories of machines; may be given again`,
      (text, earlier: readonly OptionalPart[] | undefined) => [...(earlier ?? []), part(text)],
    )
    .option("-f, --force", "replace the file if there is one")
    .addHelpText(
      "after",
      examples(
        "machinist backup machinist.backup",
        "machinist backup /var/backups/machinist.backup --with logs -f",
      ),
    )
    .action(async (path, { with: parts = [], force }) => {
      const { config, output, surroundings } = await begin();
      const { createBackup } = await import("../../backup/create-backup.ts");
      const backedUp = await createBackup(config, {
        file: resolve(surroundings.workingDirectory, path),
        replace: force === true,
        parts,
        nowMs: surroundings.clock.now(),
      });
      if (backedUp.buckets === undefined) {
        output.message(
          "the users' buckets are not in it: they are on a NATS server. Use `machinist kv export`, or the backup of the server",
        );
      }
      if (output.json) await output.document({ ...backedUp });
      else await output.line(`backed up ${config.dataDirectory} to ${path} (${formatSize(backedUp.bytes)})`);
    });
}

export function restoreCommand(begin: BeginInvocation) {
  return new Command("restore")
    .description("make a new data directory from a backup; machine files are not in it")
    .argument("<file>")
    .addHelpText(
      "after",
      examples(
        "machinist restore machinist.backup",
        "machinist restore machinist.backup --data /var/lib/machinist",
      ),
    )
    .action(async (path) => {
      const { config, output, surroundings } = await begin({ createsDataDirectory: true });
      const { restoreBackup } = await import("../../backup/restore-backup.ts");
      const file = resolve(surroundings.workingDirectory, path);
      const { created, machinist, host } = await restoreBackup(config, file);
      if (output.json)
        await output.document({ dataDirectory: config.dataDirectory, created, machinist, host });
      else await output.line(`restored ${config.dataDirectory} from the backup of ${created} on ${host}`);
    });
}
