/** `kv export` and `kv import`: a bucket as a file, from one store to another. */
import { resolve } from "node:path";
import { Command } from "@commander-js/extra-typings";
import { type BucketConfig, defaultBucketConfig } from "../kv/store.ts";
import { type Exported, exportBucket } from "../kv/transfer/export-bucket.ts";
import { type Imported, importBucket } from "../kv/transfer/import-bucket.ts";
import { examples } from "./examples.ts";
import type { BeginInvocation } from "./invocation.ts";
import { openExport } from "./kv-export-source.ts";
import { withBucket, withStore } from "./kv-store.ts";
import { writeNewFile } from "./new-file.ts";
import type { Output } from "./output.ts";
import { Progress } from "./progress.ts";
import { stopRequest } from "./stop-request.ts";
import { oneOf } from "./values.ts";

export function exportCommand(begin: BeginInvocation) {
  return new Command("export")
    .description("write a bucket to a file: entries, history, markers and settings")
    .argument("<bucket>")
    .argument("<file>", "- is stdout")
    .option("-f, --force", "replace the file if there is one")
    .addHelpText(
      "after",
      examples("machinist kv export CFG cfg.jsonl", "machinist kv export CFG - | gzip > cfg.jsonl.gz"),
    )
    .action(async (name, path, { force }) => {
      const invocation = await begin();
      const { output, surroundings } = invocation;
      await withBucket(invocation, name, async (bucket) => {
        using progress = new Progress(surroundings, `exporting ${name}`);
        const options = { progress: progress.report };
        if (path === "-") {
          warnOfKeys(output, await exportBucket(bucket, (piece) => output.bytes(piece), options));
          return;
        }
        const file = resolve(surroundings.workingDirectory, path);
        const exported = await writeNewFile(file, { replace: force === true }, (write) =>
          exportBucket(bucket, write, options),
        );
        warnOfKeys(output, exported);
        if (output.json) await output.document({ ...exported, file });
        else await output.line(`exported ${exported.entries} entries of bucket ${name} to ${path}`);
      });
    });
}

const foreignKeys = "another NATS tool wrote them under keys that are not valid in machinist";

function warnOfKeys(output: Output, { notImportable }: Exported): void {
  if (notImportable > 0) output.message(`an import will skip ${notImportable} entries: ${foreignKeys}`);
}

export function importCommand(begin: BeginInvocation) {
  return new Command("import")
    .description("make a bucket from an export, on any store; revisions begin at 1 in the same order")
    .argument("<file>", "- is stdin")
    .option("--bucket <name>", "another name than the exported bucket had")
    .option(
      "--without <setting>",
      "make it without a setting that this store cannot do, e.g. replicas; may be given again. Without markerTtlMs " +
        "keys that had a ttl of their own stay for ever",
      withoutSetting,
    )
    .addHelpText(
      "after",
      examples(
        "machinist kv import cfg.jsonl --store nats://127.0.0.1:4222",
        "machinist kv import cfg.jsonl --bucket CFG2 --without replicas",
      ),
    )
    .action(async (path, { bucket, without }) => {
      const invocation = await begin();
      const { output, surroundings } = invocation;
      using stop = stopRequest(surroundings, undefined);
      await using file = await openExport(surroundings, path);
      await withStore(
        invocation,
        async (store) => {
          using progress = new Progress(surroundings, "importing");
          const imported = await importBucket(store, file.source, {
            ...(bucket === undefined ? {} : { bucket }),
            ...(without === undefined ? {} : { without }),
            clock: surroundings.clock,
            signal: stop.signal,
            progress: progress.report,
          });
          await printImported(output, imported);
        },
        { creates: true },
      );
    });
}

async function printImported(output: Output, imported: Imported): Promise<void> {
  const { bucket, entries, ended, skipped } = imported;
  if (skipped > 0) output.message(`skipped ${skipped} entries: ${foreignKeys}`);
  const left = ended === 0 ? "" : `; ${ended} had ended and were left out`;
  if (output.json) await output.document(imported);
  else await output.line(`imported ${entries} entries into bucket ${bucket}${left}`);
}

type Setting = keyof BucketConfig;

function withoutSetting(text: string, earlier: readonly Setting[] | undefined): readonly Setting[] {
  return [...(earlier ?? []), settingNamed(text)];
}

const settingNamed = oneOf(Object.keys(defaultBucketConfig).filter(isSetting));

function isSetting(name: string): name is Setting {
  return Object.hasOwn(defaultBucketConfig, name);
}
