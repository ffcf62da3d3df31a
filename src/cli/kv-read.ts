/** `kv get`, `kv keys`, `kv history`: reading what is there and what was. */
import { Command } from "@commander-js/extra-typings";
import { entryJson } from "../kv/entry-json.ts";
import type { Bucket, Entry } from "../kv/store.ts";
import { examples } from "./examples.ts";
import type { BeginInvocation, KvInvocation } from "./invocation.ts";
import { printKeys } from "./kv-bucket.ts";
import { readable, shortened } from "./kv-entry.ts";
import { keyNotFound, withBucket } from "./kv-store.ts";
import type { Output } from "./output.ts";
import { localTime, table } from "./table.ts";
import { revision } from "./values.ts";

export function getCommand(begin: BeginInvocation) {
  return new Command("get")
    .description("the value of a key")
    .argument("<bucket>")
    .argument("<key>")
    .option("--revision <number>", "the value it had then", revision)
    .option("--raw", "the bytes of the value and nothing else")
    .addHelpText(
      "after",
      examples("machinist kv get CFG username", 'NAME="$(machinist kv get CFG username --raw)"'),
    )
    .action(async (name, key, { revision: at, raw }) => {
      const invocation = await begin();
      await withBucket(invocation, name, async (bucket) => {
        const entry = await bucket.get(key, at === undefined ? {} : { revision: at });
        if (!entry) throw keyNotFound(invocation, { bucket: name, key, revision: at });
        await printEntry(invocation.output, entry, raw === true);
      });
    });
}

export function keysCommand(begin: BeginInvocation) {
  return new Command("keys")
    .description("names of the keys that have a value, one per line")
    .argument("<bucket>")
    .argument("[filter]", "keys that match: * is one token, > all that follow")
    .addHelpText("after", examples("machinist kv keys CFG", 'machinist kv keys CFG "app.>"'))
    .action(async (name, filter) => {
      const invocation = await begin();
      await withBucket(invocation, name, (bucket) => printKeys(invocation.output, bucket, filter ?? ">"));
    });
}

export function historyCommand(begin: BeginInvocation) {
  return new Command("history")
    .description("the entries kept of a key, deletions included, oldest first")
    .argument("<bucket>")
    .argument("<key-or-filter>", "a key, or keys that match: * is one token, > all that follow")
    .addHelpText(
      "after",
      examples("machinist kv history CFG username", 'machinist kv history CFG ">" --json'),
    )
    .action(async (name, filter) => {
      const invocation = await begin();
      await withBucket(invocation, name, (bucket) => printHistory(invocation, bucket, filter));
    });
}

async function printEntry(output: Output, entry: Entry, raw: boolean): Promise<void> {
  if (raw) await output.bytes(entry.value);
  else if (output.json) await output.document(entryJson(entry));
  else {
    const head = `${entry.bucket} > ${entry.key} revision: ${entry.revision}`;
    await output.line(`${head} created @ ${localTime(entry.created)}`);
    await output.line("");
    await output.line(readable(entry.value));
  }
}

async function printHistory(invocation: KvInvocation, bucket: Bucket, filter: string): Promise<void> {
  const { output } = invocation;
  const rows: string[][] = [];
  let found = false;
  for await (const entry of bucket.history(filter)) {
    found = true;
    if (output.json) await output.document(entryJson(entry));
    else rows.push(historyRow(entry));
  }
  if (!found && !/[*>]/.test(filter)) throw keyNotFound(invocation, { bucket: bucket.name, key: filter });
  if (output.json) return;
  if (!found) output.message(`no entries in bucket ${bucket.name} match ${JSON.stringify(filter)}`);
  else {
    const head = ["Key", "Revision", "Operation", "Created", "Length", "Value"];
    await output.line(output.paint.bold(`History for ${bucket.name} > ${filter}`));
    await output.line(table(output, head, rows));
  }
}

function historyRow(entry: Entry): string[] {
  const value = entry.operation === "PUT" ? shortened(entry.value) : "";
  return [
    entry.key,
    String(entry.revision),
    entry.operation,
    localTime(entry.created),
    String(entry.length),
    value,
  ];
}
