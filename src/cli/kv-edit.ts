/** `kv edit`: other settings for a bucket that exists. */
import { Command } from "@commander-js/extra-typings";
import { MachinistError } from "../lib/errors.ts";
import { examples } from "./examples.ts";
import type { BeginInvocation } from "./invocation.ts";
import { given } from "./kv-bucket.ts";
import { printBucket } from "./kv-bucket-page.ts";
import { openBucket, withStore } from "./kv-store.ts";
import { assignment, duration, size, wholeNumber } from "./values.ts";

export function editCommand(begin: BeginInvocation) {
  return new Command("edit")
    .description("change settings of a bucket; what is not given stays as it is")
    .argument("<bucket>")
    .option(
      "--history <count>",
      "entries kept per key, 1 to 64; what is beyond a lower one goes",
      wholeNumber,
    )
    .option("--ttl <duration>", "entries older than this vanish, those there too; 0: none does", duration)
    .option("--marker-ttl <duration>", "keys may have a ttl; how long a marker of their end stays", duration)
    .option("--max-value-size <size>", "largest value: bytes, or 10K, 2M, 1G; -1: no own limit", size)
    .option("--max-bucket-size <size>", "largest size of the whole bucket; -1: no limit", size)
    .option("--replicas <count>", "copies kept by a cluster", wholeNumber)
    .option("--compress", "compress values that are stored from now on")
    .option("--no-compress", "store them as they are")
    .option("--description <text>", "what the bucket is for")
    .option(
      "--metadata <name=value>",
      "notes of your own, in place of all there are; may be given again",
      assignment,
    )
    .option("--no-metadata", "no notes")
    .addHelpText(
      "after",
      examples("machinist kv edit CFG --history 10 --ttl 7d", "machinist kv edit CFG --max-bucket-size 64M"),
    )
    .action(async (name, options) => {
      const invocation = await begin();
      const changes = given({
        history: options.history,
        ttlMs: options.ttl,
        markerTtlMs: options.markerTtl,
        maxValueSize: options.maxValueSize,
        maxBytes: options.maxBucketSize,
        replicas: options.replicas,
        compression: options.compress,
        description: options.description,
        metadata: options.metadata === false ? {} : options.metadata,
      });
      if (Object.keys(changes).length === 0) {
        throw new MachinistError("USAGE", "nothing to change: give at least one setting, as in --history 5");
      }
      await withStore(invocation, async (store) => {
        await openBucket(invocation, store, name);
        await printBucket(invocation.output, await store.editBucket(name, changes));
      });
    });
}
