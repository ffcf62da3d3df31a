/** `kv watch`: entries as they come, or with `--once` a get that waits. */
import { Command, Option } from "@commander-js/extra-typings";
import { entryJson } from "../kv/entry-json.ts";
import type { Entry, Watch } from "../kv/store.ts";
import { formatDuration } from "../lib/duration.ts";
import { MachinistError } from "../lib/errors.ts";
import { examples } from "./examples.ts";
import type { BeginInvocation } from "./invocation.ts";
import { entryLine } from "./kv-entry.ts";
import { withBucket } from "./kv-store.ts";
import type { Output } from "./output.ts";
import { type StopRequest, stopRequest } from "./stop-request.ts";
import { duration, revision } from "./values.ts";

export function watchCommand(begin: BeginInvocation) {
  return new Command("watch")
    .description("a line for every change, until Ctrl-C; what is there already comes first")
    .argument("<bucket>")
    .argument("[filter]", "keys that match: * is one token, > all that follow", ">")
    .option("--history", "begin with all entries kept, not only the newest of each key")
    .addOption(
      new Option("--updates-only", "only what changes from now on").conflicts(["history", "revision"]),
    )
    .option("--no-deletes", "leave out deletions and purges")
    .option("--meta", "leave out the values")
    .option("--revision <number>", "begin with the entries from this revision on", revision)
    .option("--once", "print the first value raw and end")
    .option("--timeout <duration>", "end after this long; with --once that is exit status 5", duration)
    .addHelpText(
      "after",
      examples(
        "machinist kv watch CFG",
        'machinist kv watch CFG "app.>" --json',
        'NAME="$(machinist kv watch CFG username --once --timeout 10s)"',
      ),
    )
    .action(async (name, filter, options) => {
      const invocation = await begin();
      await withBucket(invocation, name, async (bucket) => {
        using stop = stopRequest(invocation.surroundings, options.timeout);
        await using watch = bucket.watch(filter, {
          includeHistory: options.history === true,
          updatesOnly: options.updatesOnly === true,
          ignoreDeletes: options.once === true || !options.deletes,
          metaOnly: options.meta === true,
          ...(options.revision === undefined ? {} : { resumeFromRevision: options.revision }),
          signal: stop.signal,
        });
        if (options.once) await printFirst(invocation.output, watch, stop);
        else await printAll(invocation.output, watch, { withoutValue: options.meta === true });
      });
    });
}

async function printAll(
  output: Output,
  watch: Watch,
  options: { readonly withoutValue: boolean },
): Promise<void> {
  for await (const item of watch) {
    if (item.operation === "READY") continue;
    if (output.json) await output.document(entryJson(item, options));
    else await output.line(entryLine(item, output, options));
  }
}

/** @throws TIMEOUT when no value came in time; a Ctrl-C is no failure */
async function printFirst(output: Output, watch: Watch, stop: StopRequest): Promise<void> {
  const first = await firstValue(watch);
  if (first) await (output.json ? output.document(entryJson(first)) : output.bytes(first.value));
  else if (stop.timedOut) {
    throw new MachinistError("TIMEOUT", `no value came within ${formatDuration(stop.timeoutMs)}`);
  }
}

async function firstValue(watch: Watch): Promise<Entry | undefined> {
  for await (const item of watch) if (item.operation === "PUT") return item;
  return undefined;
}
