/** `machinist data`: reads and changes the data of a machine. */
import { Command } from "@commander-js/extra-typings";
import { didYouMean } from "../lib/did-you-mean.ts";
import { MachinistError } from "../lib/errors.ts";
import type { Json } from "../lib/json.ts";
import { askMachine } from "./ask-machine.ts";
import { examples } from "./examples.ts";
import type { BeginInvocation, Invocation } from "./invocation.ts";
import { object } from "./machine-answer.ts";
import { oneLine } from "./table.ts";

export function dataCommand(begin: BeginInvocation) {
  return new Command("data")
    .description("a machine's data: all of it, or get, set and unset one item")
    .argument("<name>", "the machine")
    .argument("[action]", "get K, set K JSON, or unset K")
    .argument("[key]")
    .argument("[json]", "the new value, as JSON")
    .addHelpText(
      "after",
      examples(
        "machinist data deploy",
        "machinist data deploy get version",
        `machinist data deploy set version '"1.2"'`,
        "machinist data deploy unset version",
      ),
    )
    .action(async (name, action, key, json) => {
      const invocation = await begin();
      if (action === undefined) await printData(invocation, name);
      else await act(invocation, name, readAction({ action, key, json }));
    });
}

type Action =
  | { readonly action: "get" | "unset"; readonly key: string }
  | { readonly action: "set"; readonly key: string; readonly value: Json };

interface Said {
  readonly action: string;
  readonly key: string | undefined;
  readonly json: string | undefined;
}

function readAction({ action, key, json }: Said): Action {
  if (action !== "get" && action !== "set" && action !== "unset") {
    const hint = didYouMean(action, ["get", "set", "unset"]) || ", write get, set or unset";
    throw new MachinistError("USAGE", `unknown action ${JSON.stringify(action)}${hint}`);
  }
  if (key === undefined) throw new MachinistError("USAGE", `missing argument 'key' of data ${action}`);
  if (action === "set") return { action, key, value: readValue(key, json) };
  if (json === undefined) return { action, key };
  throw new MachinistError("USAGE", `too many arguments for data ${action}: it takes a key only`);
}

function readValue(key: string, json: string | undefined): Json {
  if (json === undefined) throw new MachinistError("USAGE", "missing argument 'json' of data set");
  try {
    return JSON.parse(json);
  } catch (cause) {
    // The parser's own message quotes the value, which may be a secret.
    throw new MachinistError("USAGE", `the value for ${key} is no JSON; text needs its quotes: '"text"'`, {
      cause,
    });
  }
}

async function act(invocation: Invocation, name: string, action: Action): Promise<void> {
  const { output } = invocation;
  const below = ["data", action.key];
  if (action.action === "get") {
    const { value = null } = object(await askMachine(invocation, name, { below }));
    if (output.json || typeof value !== "string") await output.document(value);
    else await output.line(value);
    return;
  }
  const answer =
    action.action === "set"
      ? await askMachine(invocation, name, { below, method: "PUT", body: { value: action.value } })
      : await askMachine(invocation, name, { below, method: "DELETE" });
  if (output.json) await output.document(answer);
}

async function printData(invocation: Invocation, name: string): Promise<void> {
  const { output } = invocation;
  const data = object(await askMachine(invocation, name, { below: ["data"] }));
  if (output.json) {
    await output.document(data);
    return;
  }
  const items = Object.entries(data);
  if (items.length === 0) output.message(`machine ${name} has no data`);
  for (const [key, value] of items) await output.line(`${oneLine(key)}: ${JSON.stringify(value)}`);
}
