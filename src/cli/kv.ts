/** `machinist kv`: the group of all commands on buckets and keys. */
import { Command } from "@commander-js/extra-typings";
import { examples } from "./examples.ts";
import type { BeginInvocation, KvInvocation } from "./invocation.ts";
import { addCommand, infoCommand, lsCommand } from "./kv-bucket.ts";
import { compactCommand } from "./kv-compact.ts";
import { editCommand } from "./kv-edit.ts";
import { getCommand, historyCommand, keysCommand } from "./kv-read.ts";
import { delCommand, purgeCommand, rmCommand } from "./kv-remove.ts";
import { exportCommand, importCommand } from "./kv-transfer.ts";
import { watchCommand } from "./kv-watch.ts";
import { createCommand, putCommand, revertCommand, touchCommand, updateCommand } from "./kv-write.ts";

export function kvCommand(beginAny: BeginInvocation) {
  const kv = new Command("kv")
    .description("buckets of keys and values, also beside a running daemon")
    .option(
      "--internal",
      "the daemon's own store DATA/state instead of the users' store, to repair it by hand",
    );
  const begin = async (): Promise<KvInvocation> => ({
    ...(await beginAny()),
    isInternal: kv.opts().internal ?? false,
  });
  const verbs = [
    addCommand(begin),
    editCommand(begin),
    infoCommand(begin),
    lsCommand(begin),
    putCommand(begin),
    getCommand(begin),
    createCommand(begin),
    updateCommand(begin),
    touchCommand(begin),
    delCommand(begin),
    purgeCommand(begin),
    revertCommand(begin),
    keysCommand(begin),
    historyCommand(begin),
    watchCommand(begin),
    compactCommand(begin),
    exportCommand(begin),
    importCommand(begin),
    rmCommand(begin),
  ];
  for (const verb of verbs) kv.addCommand(verb);
  return kv.addHelpText("after", examples("machinist kv add CFG --history 5", "machinist kv ls"));
}
