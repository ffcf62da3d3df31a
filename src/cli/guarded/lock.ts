/** `machinist lock run`: a command that runs while a key of a bucket is locked, over all hosts that share the store. */
import { hostname } from "node:os";
import { Command } from "@commander-js/extra-typings";
import { acquireLock, holderOfLock, tryLock } from "../../kv/lock.ts";
import type { Bucket } from "../../kv/store.ts";
import { examples } from "../examples.ts";
import type { BeginInvocation } from "../invocation.ts";
import { withBucket } from "../kv-store.ts";
import { duration } from "../values.ts";
import { type Guard, runGuarded, waitOptions } from "./run-guarded.ts";

export function lockCommand(begin: BeginInvocation) {
  return new Command("lock")
    .description("locks: one command at a time, over all hosts that share the store")
    .addCommand(runCommand(begin))
    .addHelpText("after", examples("machinist lock run LOCKS deploy -- ./deploy.sh"));
}

function runCommand(begin: BeginInvocation) {
  const command = new Command("run")
    .description(
      "run a command while a key is locked, and exit with its status; MACHINIST_FENCE holds the fence",
    )
    .argument("<bucket>", "made with `machinist kv add BUCKET --marker-ttl 1m`")
    .argument("<key>", "what is locked")
    .argument("<command...>", "after --: a program and its arguments")
    .option("--ttl <duration>", "how long the lock outlives a host that dies (default: 30s)", duration);
  return waitOptions(command)
    .addHelpText(
      "after",
      examples(
        "machinist lock run LOCKS deploy -- ./deploy.sh --now",
        "machinist lock run LOCKS deploy --wait 10s -E 75 -- ./deploy.sh",
      ),
    )
    .action(async (name, key, words, options) => {
      const invocation = await begin();
      await withBucket(invocation, name, async (bucket) => {
        const owner = `${words[0]} (pid ${process.pid}) @ ${hostname()}`;
        const ttl = options.ttl === undefined ? {} : { ttlMs: options.ttl };
        await runGuarded(invocation, guardOf(bucket, key, { owner, ...ttl }), words, options);
      });
    });
}

function guardOf(
  bucket: Bucket,
  key: string,
  lease: { readonly owner: string; readonly ttlMs?: number },
): Guard {
  return {
    what: `lock ${key} of bucket ${bucket.name}`,
    take: (waiting) => acquireLock(bucket, key, { ...lease, ...waiting }),
    tryTake: () => tryLock(bucket, key, lease),
    holders: async () => {
      const holder = await holderOfLock(bucket, key);
      return holder ? [holder.owner] : [];
    },
  };
}
