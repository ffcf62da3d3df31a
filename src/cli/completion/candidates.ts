/** Words that fit at the cursor: commands and options from the program, names from the daemon. */
import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import { isJsonObject, type Json } from "../../lib/json.ts";
import { route } from "../client.ts";
import { wordsOf } from "../values.ts";
import type { Position } from "./position.ts";

export interface Candidate {
  readonly word: string;
  readonly description: string;
}

/** Asks the daemon; undefined when there is none or it refuses. */
export type Asking = (path: string) => Promise<Json | undefined>;

export async function candidatesAt(
  program: CommandUnknownOpts,
  position: Position,
  ask: Asking,
): Promise<readonly Candidate[]> {
  const { word } = position;
  const all = position.isForeign ? [] : await allAt(program, position, ask);
  return all.filter((candidate) => candidate.word.startsWith(word));
}

async function allAt(
  program: CommandUnknownOpts,
  position: Position,
  ask: Asking,
): Promise<readonly Candidate[]> {
  const { command, word, option, argument, before } = position;
  if (option) {
    const words = wordsOf(option.parseArg);
    if (words) return words.map((one) => ({ word: one, description: option.description }));
    return option.attributeName() === "state" ? named(ask, { kind: "state", before, word }) : [];
  }
  if (word.startsWith("-")) return optionsOf(program, command);
  const children = before.length === 0 ? commandsOf(command) : [];
  if (children.length > 0 || !argument) return children;
  return named(ask, { kind: kindOf(command, argument.name()), before, word });
}

function commandsOf(command: CommandUnknownOpts): Candidate[] {
  const visible = command.createHelp().visibleCommands(command);
  return visible.map((child) => ({ word: child.name(), description: child.description() }));
}

function optionsOf(program: CommandUnknownOpts, command: CommandUnknownOpts): Candidate[] {
  const own = command.createHelp().visibleOptions(command);
  const global = command === program ? [] : program.createHelp().visibleOptions(program);
  const all = [...own, ...global].map(({ long, short, description }) => ({
    word: long ?? short ?? "",
    description,
  }));
  return [...new Map(all.map((option) => [option.word, option])).values()];
}

type Kind = "machine" | "governor" | "transition" | "watcher" | "state" | "bucket" | "key" | undefined;

/** What an argument of that name holds. A `name` is a new thing's for commands that make one, else a machine's or governor's. */
function kindOf(command: CommandUnknownOpts, argument: string): Kind {
  const kinds: Readonly<Record<string, Kind>> = {
    ...{ pattern: "machine", transition: "transition", watcher: "watcher" },
    ...{ bucket: "bucket", key: "key", filter: "key", "key-or-filter": "key" },
  };
  if (argument !== "name") return kinds[argument];
  if (["init", "add", "new"].includes(command.name())) return undefined;
  return command.parent?.name() === "governor" ? "governor" : "machine";
}

interface Named {
  readonly kind: Kind;
  readonly before: readonly string[];
  readonly word: string;
}

async function named(ask: Asking, { kind, before, word }: Named): Promise<readonly Candidate[]> {
  const [first = ""] = before;
  const sources: Readonly<Record<Exclude<Kind, undefined>, () => Promise<readonly Candidate[]>>> = {
    machine: async () => things(await ask(route("machines")), "name", "state"),
    governor: async () => things(await ask(route("governors")), "governor"),
    transition: async () => texts(listIn(await ask(route("machines", first)), "transitions")),
    watcher: async () => things(listIn(await ask(route("machines", first)), "watchers"), "name", "type"),
    state: async () => things(listIn(await ask(route("machines", first, "graph")), "boxes"), "state"),
    bucket: async () => things(await ask(route("kv")), "bucket"),
    key: async () =>
      texts(await ask(`${route("kv", first, "keys")}?${new URLSearchParams({ filter: below(word) })}`)),
  };
  return kind === undefined ? [] : sources[kind]();
}

/** Only keys that begin with the whole tokens that are written already: a bucket may have millions. */
function below(word: string): string {
  const cut = word.lastIndexOf(".");
  return cut < 1 ? ">" : `${word.slice(0, cut)}.>`;
}

function listIn(answer: Json | undefined, field: string): Json | undefined {
  return isJsonObject(answer) ? answer[field] : undefined;
}

function texts(answer: Json | undefined): Candidate[] {
  const all = Array.isArray(answer) ? answer : [];
  return all.flatMap((word) => (typeof word === "string" ? [{ word, description: "" }] : []));
}

function things(answer: Json | undefined, field: string, description = ""): Candidate[] {
  const all = Array.isArray(answer) ? answer.filter(isJsonObject) : [];
  return all.flatMap((thing) => {
    const word = thing[field];
    return typeof word === "string" ? [{ word, description: String(thing[description] ?? "") }] : [];
  });
}
