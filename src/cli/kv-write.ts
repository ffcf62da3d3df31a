/** `kv put`, `kv create`, `kv update`, `kv revert`: everything that leaves a new value. */
import { Command } from "@commander-js/extra-typings";
import type { Value } from "../kv/store.ts";
import { MachinistError } from "../lib/errors.ts";
import { examples } from "./examples.ts";
import type { BeginInvocation, Invocation } from "./invocation.ts";
import { shortened } from "./kv-entry.ts";
import { agreed } from "./kv-remove.ts";
import { keyNotFound, withBucket } from "./kv-store.ts";
import type { Output } from "./output.ts";
import { duration, revision } from "./values.ts";

export function putCommand(begin: BeginInvocation) {
  return new Command("put")
    .description("store a value, whatever was there")
    .argument("<bucket>")
    .argument("<key>")
    .argument("[value]", "- or left out: what comes on stdin; one that begins with - goes after --")
    .addHelpText(
      "after",
      examples("machinist kv put CFG username myservice", "cat cfg.json | machinist kv put CFG config"),
    )
    .action(async (name, key, text) => {
      const invocation = await begin();
      const value = await valueFrom(invocation, text);
      await withBucket(invocation, name, async (bucket) => {
        const written = await bucket.put(key, value);
        await printWritten(invocation.output, { bucket: name, key, revision: written }, value);
      });
    });
}

export function createCommand(begin: BeginInvocation) {
  return new Command("create")
    .description("store a value only if the key has none: a lock that one of many gets")
    .argument("<bucket>")
    .argument("<key>")
    .argument("[value]", "- or left out: what comes on stdin")
    .option("--ttl <duration>", "the value ends after this long; in buckets with a marker ttl", duration)
    .addHelpText(
      "after",
      examples("machinist kv create LOCKS deploy host1", "machinist kv create LOCKS deploy host1 --ttl 30s"),
    )
    .action(async (name, key, text, { ttl }) => {
      const invocation = await begin();
      const value = await valueFrom(invocation, text);
      await withBucket(invocation, name, async (bucket) => {
        const written = await bucket.create(key, value, ttl === undefined ? {} : { ttlMs: ttl });
        await printWritten(invocation.output, { bucket: name, key, revision: written }, value);
      });
    });
}

export function updateCommand(begin: BeginInvocation) {
  return new Command("update")
    .description("store a value only if the key's newest revision is the given one")
    .argument("<bucket>")
    .argument("<key>")
    .argument("<value>", "-: what comes on stdin")
    .argument("<revision>", "the revision that must be the newest", revision)
    .addHelpText("after", examples("machinist kv update CFG username other 13"))
    .action(async (name, key, text, expected) => {
      const invocation = await begin();
      const value = await valueFrom(invocation, text);
      await withBucket(invocation, name, async (bucket) => {
        const written = await bucket.update(key, value, expected);
        await printWritten(invocation.output, { bucket: name, key, revision: written }, value);
      });
    });
}

export function touchCommand(begin: BeginInvocation) {
  return new Command("touch")
    .description("let a value live for a ttl from now on: how the holder of a lock renews it")
    .argument("<bucket>", "one with history 1 and a marker ttl")
    .argument("<key>")
    .argument("<ttl>", "a duration from 1s", duration)
    .option("--revision <number>", "only if this is its newest revision", revision)
    .addHelpText(
      "after",
      examples(
        "machinist kv touch LOCKS deploy 30s",
        "machinist kv touch LOCKS deploy 30s --revision 7 --json",
      ),
    )
    .action(async (name, key, ttl, { revision: expected }) => {
      const invocation = await begin();
      await withBucket(invocation, name, async (bucket) => {
        const options = expected === undefined ? {} : { expectedRevision: expected };
        const written = await bucket.touch(key, ttl, options);
        if (invocation.output.json)
          await invocation.output.document({ bucket: name, key, revision: written });
      });
    });
}

export function revertCommand(begin: BeginInvocation) {
  return new Command("revert")
    .description("store the value of an older revision again")
    .argument("<bucket>")
    .argument("<key>")
    .argument("<revision>", "which one: see kv history", revision)
    .option("-f, --force", "do not ask")
    .addHelpText(
      "after",
      examples("machinist kv revert CFG username 3", "machinist kv revert CFG username 3 -f"),
    )
    .action(async (name, key, from, { force }) => {
      const invocation = await begin();
      await withBucket(invocation, name, async (bucket) => {
        const old = await bucket.get(key, { revision: from });
        if (!old) throw keyNotFound(invocation, { bucket: name, key, revision: from });
        if (!force && invocation.surroundings.stdin.isTTY) {
          invocation.output.message(`Revision: ${from}\n\n${shortened(old.value)}\n`);
        }
        const question = `Really revert to revision ${from}?`;
        if (!(await agreed(invocation, question, force, "Skipping revert"))) return;
        const written = await bucket.revert(key, from);
        await printWritten(invocation.output, { bucket: name, key, revision: written }, old.value);
      });
    });
}

interface Written {
  readonly bucket: string;
  readonly key: string;
  readonly revision: number;
}

/** Echoes the stored bytes; a program learns the revision instead. */
async function printWritten(output: Output, written: Written, value: Value): Promise<void> {
  if (output.json) await output.document(written);
  else {
    await output.bytes(value);
    await output.bytes("\n");
  }
}

async function valueFrom({ surroundings }: Invocation, text: string | undefined): Promise<Value> {
  const { stdin } = surroundings;
  if (text !== undefined && text !== "-") return text;
  if (text === undefined && stdin.isTTY) {
    throw new MachinistError("USAGE", "missing argument 'value': write it, or pipe it in");
  }
  const chunks: Uint8Array[] = [];
  for await (const chunk of stdin) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}
