/** `plugins pack`: a list of entries becomes a specification, signed or not. */
import { resolve } from "node:path";
import { Command, Option } from "@commander-js/extra-typings";
import { publicKeyOf } from "../lib/ed25519.ts";
import { codeOf, MachinistError, messageOf } from "../lib/errors.ts";
import type { SpecificationKind } from "../lib/specification/specification.ts";
import { examples } from "./examples.ts";
import { readGivenFile } from "./given-file.ts";
import type { BeginInvocation, Invocation } from "./invocation.ts";
import { writeNewFile } from "./new-file.ts";
import { oneOf } from "./values.ts";

const kinds = ["plugins", "machines"] as const;

export function packCommand(begin: BeginInvocation) {
  return new Command("pack")
    .description("pack a JSON list of plugins into a specification, signed when there is a seed")
    .argument("<list>", "file with the list")
    .argument("[seed]", "file with the seed of the key, as plugins keygen writes it")
    .option("--output <file>", "write it to a file instead of stdout")
    .option("-f, --force", "pack an empty list, replace the file, say nothing of a missing seed")
    .addOption(
      new Option(
        "--for <type>",
        "type of the watcher that reads it: plugins or machines (default: plugins)",
      ).argParser(oneOf(kinds)),
    )
    .addHelpText(
      "after",
      examples(
        "machinist plugins pack plugins.json plugins.seed --output spec.json",
        "machinist plugins pack machines.json machines.seed --for machines",
      ),
    )
    .action(async (listFile, seedFile, { output: target, force = false, for: kind = "plugins" }) => {
      const invocation = await begin();
      const { output, surroundings } = invocation;
      const list = await readGivenFile(invocation, listFile);
      const seed = seedFile === undefined ? undefined : await seedFrom(invocation, seedFile);
      const specification = await packed({ kind, list, seed, force }).catch((cause: unknown) => {
        throw within(listFile, cause);
      });
      if (seedFile === undefined && !force) output.message("It is not signed: there is no seed.");
      const text = JSON.stringify(specification);
      if (target === undefined) {
        await output.line(text);
        return;
      }
      const file = resolve(surroundings.workingDirectory, target);
      await writeNewFile(file, { replace: force }, (write) => write(`${text}\n`));
      if (output.json) await output.document({ file, signed: seedFile !== undefined });
      else await output.line(target);
    });
}

interface Packing {
  readonly kind: SpecificationKind;
  readonly list: Uint8Array;
  readonly seed: string | undefined;
  readonly force: boolean;
}

/** @throws BAD_VALUE naming the entry that is wrong */
async function packed({ kind, list, seed, force }: Packing) {
  const { packSpecification, readSpecification } = await import("../lib/specification/specification.ts");
  const { checkMatch } = await import("../lib/specification/match.ts");
  const specification = { ...packSpecification(kind, list, seed) };
  const entries = readSpecification(kind, specification);
  if (entries.length === 0 && !force) {
    throw new MachinistError("BAD_VALUE", "the list is empty; -f packs it nevertheless");
  }
  for (const { name, match } of entries) {
    if (match !== undefined) inPlace(`match of ${name}`, () => checkMatch(match));
  }
  return specification;
}

/** @throws INVALID_ARGUMENT naming the file when it holds none */
async function seedFrom(invocation: Invocation, file: string): Promise<string> {
  const seed = (await readGivenFile(invocation, file)).toString("utf8").trim();
  inPlace(file, () => publicKeyOf(seed));
  return seed;
}

function inPlace(place: string, attempt: () => unknown): void {
  try {
    attempt();
  } catch (cause) {
    throw within(place, cause);
  }
}

function within(place: string, cause: unknown): MachinistError {
  return new MachinistError(codeOf(cause), `${place}: ${messageOf(cause)}`, { cause });
}
