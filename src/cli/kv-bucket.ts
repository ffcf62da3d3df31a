/** `kv add`, `kv info`, `kv ls`: buckets as a whole. */
import { Command } from "@commander-js/extra-typings";
import type { Bucket, BucketConfig, BucketStatus, Filter } from "../kv/store.ts";
import { formatSize } from "../lib/size.ts";
import { examples } from "./examples.ts";
import type { BeginInvocation, Invocation } from "./invocation.ts";
import { printBucket } from "./kv-bucket-page.ts";
import { shortened } from "./kv-entry.ts";
import { hasOwnStore, storeName, withBucket, withOwnStore, withStore, withWholeStore } from "./kv-store.ts";
import { topologyOf } from "./kv-topology.ts";
import type { Output } from "./output.ts";
import { localTime, table } from "./table.ts";
import { assignment, duration, oneOf, size, wholeNumber } from "./values.ts";

export function addCommand(begin: BeginInvocation) {
  return new Command("add")
    .alias("new")
    .description("create a bucket; one that exists with the same settings is left as it is")
    .argument("<bucket>", "letters, digits, - and _")
    .option("--history <count>", "entries kept per key, 1 to 64 (default: 1)", wholeNumber)
    .option("--ttl <duration>", "entries older than this vanish", duration)
    .option("--marker-ttl <duration>", "keys may have a ttl; how long a marker of their end stays", duration)
    .option("--max-value-size <size>", "largest value: bytes, or 10K, 2M, 1G", size)
    .option("--max-bucket-size <size>", "largest size of the whole bucket", size)
    .option("--replicas <count>", "copies kept by a cluster: 1, 3 or 5 (NATS)", wholeNumber)
    .option("--cluster <name>", "which cluster keeps it (NATS)")
    .option("--tags <tag...>", "what its servers must be tagged with (NATS)")
    .option("--republish-destination <subject>", "publishes each entry there once more (NATS)")
    .option("--republish-source <subject>", "only those of these subjects")
    .option("--republish-headers", "without the values")
    .option("--mirror <bucket>", "copies a bucket of another JetStream domain (NATS)")
    .option("--mirror-domain <name>", "which domain that is")
    .option("--source <bucket...>", "takes over what is put into these, BUCKET or BUCKET@DOMAIN (NATS)")
    .option("--storage <kind>", "file or memory", oneOf(["file", "memory"]))
    .option("--compress", "compress stored values")
    .option("--description <text>", "what the bucket is for")
    .option("--metadata <name=value>", "a note of your own; may be given again", assignment)
    .addHelpText(
      "after",
      examples(
        "machinist kv add CFG --history 5 --max-value-size 10K --ttl 1h --metadata owner=ops",
        "machinist kv add LOCKS --marker-ttl 1m",
        "machinist kv add CFG --mirror CFG --mirror-domain hub --store nats://leaf:4222",
      ),
    )
    .action(async (name, options) => {
      const invocation = await begin();
      const config = given({
        history: options.history,
        ttlMs: options.ttl,
        markerTtlMs: options.markerTtl,
        maxValueSize: options.maxValueSize,
        maxBytes: options.maxBucketSize,
        replicas: options.replicas,
        storage: options.storage,
        compression: options.compress,
        description: options.description,
        metadata: options.metadata,
        ...topologyOf(options),
      });
      await withStore(
        invocation,
        async (store) => {
          const bucket = await store.createBucket(name, config);
          await printBucket(invocation.output, await bucket.status());
        },
        { creates: true },
      );
    });
}

export function infoCommand(begin: BeginInvocation) {
  return new Command("info")
    .alias("status")
    .description("settings and size of a bucket")
    .argument("<bucket>")
    .addHelpText("after", examples("machinist kv info CFG", "machinist kv info CFG --json"))
    .action(async (name) => {
      const invocation = await begin();
      await withBucket(invocation, name, async (bucket) => {
        await printBucket(invocation.output, await bucket.status());
      });
    });
}

export function lsCommand(begin: BeginInvocation) {
  return new Command("ls")
    .alias("list")
    .description("all buckets, or the keys of one")
    .argument("[bucket]")
    .argument("[filter]", "keys that match: * is one token, > all that follow")
    .option("-n, --names", "names only")
    .option("--all", "also the buckets that machinist keeps for itself")
    .option("-v, --verbose", "a table of keys, with their revisions and values")
    .addHelpText(
      "after",
      examples("machinist kv ls", "machinist kv ls CFG", 'machinist kv ls CFG "app.*" --verbose'),
    )
    .action(async (name, filter, { names, verbose, all }) => {
      const invocation = await begin();
      const { output } = invocation;
      if (name === undefined) {
        const buckets = all
          ? await allBuckets(invocation)
          : await withStore(invocation, (store) => store.listBuckets());
        if (buckets.length === 0 && !output.json)
          output.message(`no buckets in ${storeName(invocation)}; create one with \`machinist kv add NAME\``);
        else await printBuckets(output, buckets, names === true);
        return;
      }
      await withBucket(invocation, name, async (bucket) => {
        if (verbose && !output.json && !names) await printKeyTable(output, bucket, filter ?? ">");
        else await printKeys(output, bucket, filter ?? ">");
      });
    });
}

/** Names of live keys, one per line; as JSON one string per line. */
export async function printKeys(output: Output, bucket: Bucket, filter: Filter): Promise<void> {
  let found = false;
  for await (const key of bucket.keys(filter)) {
    found = true;
    await (output.json ? output.document(key) : output.line(key));
  }
  if (!found && !output.json) output.message(`no keys in bucket ${bucket.name}${matching(filter)}`);
}

function matching(filter: Filter): string {
  return filter === ">" ? "" : ` match ${JSON.stringify(filter)}`;
}

/** Only what was said: the engine fills in the rest. */
export function given(config: { readonly [Name in keyof BucketConfig]?: BucketConfig[Name] | undefined }) {
  const said = Object.entries(config).filter(([, value]) => value !== undefined);
  const partial: Partial<BucketConfig> = Object.fromEntries(said);
  return partial;
}

/** Those of the users, those of machinist in the same store, and the daemon's own where it has run. */
async function allBuckets(invocation: Invocation): Promise<BucketStatus[]> {
  const inStore = await withWholeStore(invocation, (store) => store.listBuckets());
  if (!hasOwnStore(invocation)) return inStore;
  return [...inStore, ...(await withOwnStore(invocation, (store) => store.listBuckets()))];
}

async function printBuckets(output: Output, buckets: BucketStatus[], namesOnly: boolean): Promise<void> {
  if (output.json) {
    await output.document(namesOnly ? buckets.map(({ bucket }) => bucket) : buckets);
    return;
  }
  if (namesOnly) for (const { bucket } of buckets) await output.line(bucket);
  else {
    const rows = buckets.map((status) => [
      status.bucket,
      String(status.history),
      String(status.values),
      formatSize(status.bytes),
      localTime(status.created),
      status.description,
    ]);
    await output.line(table(output, ["Bucket", "History", "Values", "Size", "Created", "Description"], rows));
  }
}

async function printKeyTable(output: Output, bucket: Bucket, filter: Filter): Promise<void> {
  const rows: string[][] = [];
  for await (const key of bucket.keys(filter)) {
    const entry = await bucket.get(key);
    // Deleted between the two reads: it is no key any more.
    if (!entry) continue;
    rows.push([
      key,
      String(entry.revision),
      localTime(entry.created),
      String(entry.length),
      shortened(entry.value),
    ]);
  }
  if (rows.length === 0) output.message(`no keys in bucket ${bucket.name}${matching(filter)}`);
  else await output.line(table(output, ["Key", "Revision", "Created", "Length", "Value"], rows));
}
