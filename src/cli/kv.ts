/** `machinist kv`: the group of all commands on buckets and keys. */
import { Command } from "@commander-js/extra-typings";
import { examples } from "./examples.ts";
import { addCommand, infoCommand, lsCommand } from "./kv-bucket.ts";
import { getCommand, historyCommand, keysCommand } from "./kv-read.ts";
import { delCommand, purgeCommand, rmCommand } from "./kv-remove.ts";
import { watchCommand } from "./kv-watch.ts";
import { createCommand, putCommand, revertCommand, updateCommand } from "./kv-write.ts";
import type { StartSession } from "./session.ts";

export function kvCommand(start: StartSession) {
  const kv = new Command("kv").description("buckets of keys and values, also beside a running daemon");
  const verbs = [
    addCommand(start),
    infoCommand(start),
    lsCommand(start),
    putCommand(start),
    getCommand(start),
    createCommand(start),
    updateCommand(start),
    delCommand(start),
    purgeCommand(start),
    revertCommand(start),
    keysCommand(start),
    historyCommand(start),
    watchCommand(start),
    rmCommand(start),
  ];
  for (const verb of verbs) kv.addCommand(verb);
  return kv.addHelpText("after", examples("machinist kv add CFG --history 5", "machinist kv ls"));
}
