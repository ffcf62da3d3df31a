/** `plugins keygen`: the two halves of a key for specifications. The private one is never printed. */
import { resolve } from "node:path";
import { Command } from "@commander-js/extra-typings";
import { createKeyPair } from "../lib/ed25519.ts";
import { examples } from "./examples.ts";
import type { BeginInvocation } from "./invocation.ts";
import { writeNewFile } from "./new-file.ts";

export function keygenCommand(begin: BeginInvocation) {
  return new Command("keygen")
    .description(
      "make a key: write its seed to a file, which signs, and print its public key, which verifies",
    )
    .argument("<seed-file>")
    .option("-f, --force", "replace the file if there is one")
    .addHelpText("after", examples("machinist plugins keygen plugins.seed"))
    .action(async (path, { force }) => {
      const { output, surroundings } = await begin();
      const { seed, publicKey } = createKeyPair();
      const seedFile = resolve(surroundings.workingDirectory, path);
      await writeNewFile(seedFile, { replace: force === true }, (write) => write(`${seed}\n`));
      if (output.json) await output.document({ publicKey, seedFile });
      else await output.line(publicKey);
    });
}
