/** `kv compact`: what deleted keys leave behind, removed after a question. */
import { Command } from "@commander-js/extra-typings";
import { examples } from "./examples.ts";
import type { BeginInvocation } from "./invocation.ts";
import { agreed } from "./kv-remove.ts";
import { withBucket } from "./kv-store.ts";
import { Progress } from "./progress.ts";
import { duration } from "./values.ts";

export function compactCommand(begin: BeginInvocation) {
  return new Command("compact")
    .description("drop the history of deleted keys, and markers that are old enough")
    .argument("<bucket>")
    .option("--older <duration>", "markers older than this go too; 0: all of them (default: 30m)", duration)
    .option("-f, --force", "do not ask")
    .addHelpText("after", examples("machinist kv compact CFG", "machinist kv compact CFG --older 0 -f"))
    .action(async (name, { older, force }) => {
      const invocation = await begin();
      const question = `Purge all historic values and audit trails for deleted keys in bucket ${name}?`;
      await withBucket(invocation, name, async (bucket) => {
        if (!(await agreed(invocation, question, force, "Skipping compact"))) return;
        {
          using progress = new Progress(invocation.surroundings, `compacting ${name}`);
          await bucket.purgeDeletes(older, { progress: progress.report });
        }
        if (!invocation.output.json) return;
        const { values, bytes } = await bucket.status();
        await invocation.output.document({ bucket: name, compacted: true, values, bytes });
      });
    });
}
