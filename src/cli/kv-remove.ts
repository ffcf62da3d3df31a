/** `kv del`, `kv purge`, `kv rm`: everything that takes away, each after a question. */
import { Command } from "@commander-js/extra-typings";
import type { Bucket } from "../kv/store.ts";
import { MachinistError } from "../lib/errors.ts";
import { examples } from "./examples.ts";
import type { BeginInvocation, Invocation } from "./invocation.ts";
import { openBucket, withBucket, withStore } from "./kv-store.ts";
import { confirm } from "./prompt.ts";
import { duration, revision } from "./values.ts";

export function delCommand(begin: BeginInvocation) {
  return new Command("del")
    .alias("delete")
    .description("mark a key as deleted; its history stays")
    .argument("<bucket>")
    .argument("[key]", "a key, or a filter: then every key that matches")
    .option("--revision <number>", "only if this is its newest revision", revision)
    .option("-f, --force", "do not ask")
    .addHelpText("after", examples("machinist kv del CFG username", "machinist kv del CFG username -f"))
    .action(async (name, key, { revision: expected, force }) => {
      const invocation = await begin();
      if (key === undefined) {
        throw new MachinistError(
          "USAGE",
          `missing argument 'key'; to remove the whole bucket write \`machinist kv rm ${name}\``,
        );
      }
      await withBucket(invocation, name, async (bucket) => {
        if (!(await agreed(invocation, `Delete key ${name} > ${key}?`, force))) return;
        const options = expected === undefined ? {} : { expectedRevision: expected };
        const marker = await bucket.delete(key, options);
        if (invocation.output.json) await invocation.output.document({ bucket: name, key, revision: marker });
      });
    });
}

export function purgeCommand(begin: BeginInvocation) {
  return new Command("purge")
    .description("drop a key with all its history, or everything in a bucket")
    .argument("<bucket>")
    .argument("[key]", "left out: all keys")
    .option("--ttl <duration>", "the marker that is left of the key ends after this long", duration)
    .option("-f, --force", "do not ask")
    .addHelpText(
      "after",
      examples(
        "machinist kv purge CFG username",
        "machinist kv purge LOCKS deploy --ttl 1h",
        "machinist kv purge CFG -f",
      ),
    )
    .action(async (name, key, { force, ttl }) => {
      const invocation = await begin();
      if (key === undefined && ttl !== undefined) {
        throw new MachinistError(
          "USAGE",
          "missing argument 'key': without one no marker is left to have a ttl",
        );
      }
      await withBucket(invocation, name, async (bucket) => {
        if (key === undefined) await emptyBucket(invocation, bucket, force);
        else await purgeKey(invocation, bucket, { key, force, ttl });
      });
    });
}

export function rmCommand(begin: BeginInvocation) {
  return new Command("rm")
    .description("remove a bucket and all that is in it")
    .argument("<bucket>")
    .option("-f, --force", "do not ask")
    .addHelpText("after", examples("machinist kv rm CFG", "machinist kv rm CFG -f"))
    .action(async (name, { force }) => {
      const invocation = await begin();
      await withStore(invocation, async (store) => {
        await openBucket(invocation, store, name);
        if (!(await agreed(invocation, `Delete bucket ${name}?`, force))) return;
        await store.destroyBucket(name);
        if (invocation.output.json) await invocation.output.document({ bucket: name, removed: true });
      });
    });
}

async function emptyBucket(invocation: Invocation, bucket: Bucket, force: true | undefined): Promise<void> {
  const question = `Purge all keys and their history from bucket ${bucket.name}?`;
  if (!(await agreed(invocation, question, force, "Skipping purge"))) return;
  await bucket.empty();
  if (invocation.output.json) await invocation.output.document({ bucket: bucket.name, purged: true });
}

async function purgeKey(
  invocation: Invocation,
  bucket: Bucket,
  {
    key,
    force,
    ttl,
  }: { readonly key: string; readonly force: true | undefined; readonly ttl: number | undefined },
): Promise<void> {
  if (!(await agreed(invocation, `Purge key ${bucket.name} > ${key}?`, force, "Skipping purge"))) return;
  const marker = await bucket.purge(key, ttl === undefined ? {} : { ttlMs: ttl });
  if (invocation.output.json)
    await invocation.output.document({ bucket: bucket.name, key, revision: marker });
}

/** Asks; a no is said back and is no failure. */
export async function agreed(
  { surroundings, output }: Invocation,
  question: string,
  force: true | undefined,
  declined = "Skipping delete",
): Promise<boolean> {
  const yes = await confirm(surroundings, question, { force: force === true });
  if (!yes) output.message(declined);
  return yes;
}
