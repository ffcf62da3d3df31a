/** `machinist context`: named daemons and stores, and which of them commands use. */
import { resolve } from "node:path";
import { Command } from "@commander-js/extra-typings";
import { type Context, Contexts } from "../../config/contexts.ts";
import { checkRemote } from "../../config/daemon-address.ts";
import { absoluteStore, shownStore } from "../../config/settings.ts";
import type { ConfigFlags } from "../../config/sources.ts";
import { MachinistError } from "../../lib/errors.ts";
import { examples } from "../examples.ts";
import type { BeginInvocation } from "../invocation.ts";
import { table } from "../table.ts";

export function contextCommand(begin: BeginInvocation) {
  return new Command("context")
    .description("named daemons and stores for commands; `run` and commands of machines do not use them")
    .addHelpText("after", examples("machinist context ls", "machinist context select prod"))
    .addCommand(saveCommand(begin))
    .addCommand(selectCommand(begin))
    .addCommand(unselectCommand(begin))
    .addCommand(lsCommand(begin))
    .addCommand(rmCommand(begin));
}

function saveCommand(begin: BeginInvocation) {
  return new Command("save")
    .description(
      "save what --url, --token-file, --store and --data say under a name; replaces one of that name",
    )
    .argument("<name>", "letters, digits, - and _")
    .option("--ca <file>", "certificate authorities for the daemon's certificate, PEM")
    .option("--cert <file>", "client certificate, PEM")
    .option("--key <file>", "its key, PEM")
    .option("--description <text>", "what it is")
    .addHelpText(
      "after",
      examples(
        "machinist context save prod --url https://prod:7890 --token-file ~/prod.token --ca ca.pem",
        "machinist context save hub --store nats://hub:4222",
      ),
    )
    .action(async (name, { ca, cert, key, description }) => {
      const { flags, surroundings, output } = await beginWithout(begin);
      const { workingDirectory, environment } = surroundings;
      const path = (file: string | undefined) => file && resolve(workingDirectory, file);
      const context = contextOf(flags, workingDirectory, {
        description,
        caFile: path(ca),
        certFile: path(cert),
        keyFile: path(key),
      });
      new Contexts(environment).save(name, context);
      if (output.json) await output.document({ name, ...context });
      else
        await output.line(
          `saved context ${name}; use it with --context ${name}, or \`machinist context select ${name}\``,
        );
    });
}

function contextOf(
  flags: ConfigFlags,
  workingDirectory: string,
  more: Partial<Record<keyof Context, string | undefined>>,
): Context {
  const { url, tokenFile, store, data } = flags;
  const path = (file: string | undefined) => file && resolve(workingDirectory, file);
  const all = {
    ...more,
    url,
    tokenFile: path(tokenFile),
    store: store && absoluteStore(store, workingDirectory),
    data: path(data),
  };
  if (url === undefined && store === undefined && data === undefined)
    throw new MachinistError(
      "USAGE",
      "a context needs a place: give at least one of --url, --store and --data",
    );
  const { caFile, certFile, keyFile } = more;
  if (url !== undefined) checkRemote({ url, tokenFile: all.tokenFile, caFile, certFile, keyFile }, "--url");
  if ((certFile === undefined) !== (keyFile === undefined))
    throw new MachinistError("USAGE", "--cert and --key belong together: give both or neither");
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

function selectCommand(begin: BeginInvocation) {
  return new Command("select")
    .description(
      "use a context wherever none of --context, --url, --store, --data and their variables is given",
    )
    .argument("<name>")
    .addHelpText("after", examples("machinist context select prod"))
    .action(async (name) => {
      const { output, surroundings } = await beginWithout(begin);
      new Contexts(surroundings.environment).select(name);
      if (output.json) await output.document({ selected: name });
      else await output.line(`selected context ${name}`);
    });
}

function unselectCommand(begin: BeginInvocation) {
  return new Command("unselect")
    .description("use no context unless one is named")
    .addHelpText("after", examples("machinist context unselect"))
    .action(async () => {
      const { output, surroundings } = await beginWithout(begin);
      new Contexts(surroundings.environment).select(undefined);
      if (output.json) await output.document({ selected: null });
      else await output.line("no context is selected");
    });
}

function lsCommand(begin: BeginInvocation) {
  return new Command("ls")
    .alias("list")
    .description("all contexts; * marks the selected one")
    .addHelpText("after", examples("machinist context ls", "machinist context ls --json"))
    .action(async () => {
      const { output, surroundings } = await beginWithout(begin);
      const contexts = new Contexts(surroundings.environment);
      const { selected } = contexts;
      const found = contexts.names.map((name) => ({
        name,
        selected: name === selected,
        ...contexts.read(name),
      }));
      if (output.json) return output.document(found);
      if (found.length === 0)
        output.message("no contexts; save one with `machinist context save NAME --url URL`");
      else {
        const rows = found.map((context) => [
          context.selected ? "*" : "",
          context.name,
          context.url ?? "",
          context.store ? shownStore(context.store) : "",
          context.data ?? "",
          context.description ?? "",
        ]);
        await output.line(table(output, ["", "Name", "Daemon", "Store", "Data", "Description"], rows));
      }
    });
}

function rmCommand(begin: BeginInvocation) {
  return new Command("rm")
    .description("remove a context; the daemon and the store stay as they are")
    .argument("<name>")
    .addHelpText("after", examples("machinist context rm prod"))
    .action(async (name) => {
      const { output, surroundings } = await beginWithout(begin);
      new Contexts(surroundings.environment).remove(name);
      if (output.json) await output.document({ name, removed: true });
      else await output.line(`removed context ${name}`);
    });
}

/** Also while the selected context cannot be read: these commands are there to repair it. */
function beginWithout(begin: BeginInvocation) {
  return begin({ createsDataDirectory: true });
}
