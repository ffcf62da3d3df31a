/** A document against all that a machine must be: shape first, then meaning, all problems at once. Pure. */

import { didYouMean } from "../lib/did-you-mean.ts";
import { isJsonObject, type Json } from "../lib/json.ts";
import { checkAssignments } from "./assignments/check.ts";
import { statesOf } from "./chart.ts";
import { checkChart } from "./check-chart.ts";
import { checkConditions } from "./check-conditions.ts";
import { type ReadWatcher, readWatcher } from "./check-properties.ts";
import { checkRequired } from "./check-required.ts";
import {
  checkAnnounceInterval,
  checkInterval,
  checkNamedStates,
  checkStates,
  checkTransitions,
  checkWatcherNames,
  type KnownNames,
  knownNames,
} from "./check-watchers.ts";
import { WaysOut } from "./check-way-out.ts";
import { checkCommands } from "./commands/check-commands.ts";
import { type Draft, draftOf, type WatcherDraft } from "./draft.ts";
import { isError, type Path, type Problem } from "./fault.ts";
import { machineSchema } from "./machine-schema.ts";
import { normalForm, type SourceAt } from "./normal-form.ts";
import { checkShape } from "./schema.ts";
import type {
  CommandIn,
  Definition,
  NamedIn,
  ResourceIn,
  WatcherDefinition,
  WatcherTypeShape,
} from "./shape.ts";
import { choice, foundText, quoted } from "./value-words.ts";

export interface CheckContext {
  readonly types: ReadonlyMap<string, WatcherTypeShape>;
  /** How a number or a word was written. */
  readonly sourceAt: SourceAt;
  /** Line of a path in the file. */
  readonly lineOf: (path: Path) => number;
}

/** A definition that does not know its file yet. */
export type CheckedMachine = Omit<Definition, "hash" | "file" | "directory">;

export interface CheckResult {
  readonly problems: readonly Problem[];
  /** Undefined when there is an error among the problems. */
  readonly machine: CheckedMachine | undefined;
  /** Command lines and resources of all watchers that could be read, with their paths in the document. */
  readonly commands: readonly CommandIn[];
  readonly resources: readonly ResourceIn[];
}

export function checkMachine(document: Json, context: CheckContext): CheckResult {
  if (!isJsonObject(document))
    return {
      problems: [{ path: [], message: noMap(document) }],
      machine: undefined,
      commands: [],
      resources: [],
    };
  const normal = normalForm(document, context.sourceAt);
  const shape = checkShape(machineSchema, normal.document);
  const draft = draftOf(isJsonObject(normal.document) ? normal.document : {});
  const check = new MachineCheck(draft, { ...context, shape });
  const problems = [
    ...normal.problems,
    ...shape.map((problem) => named(problem, draft)),
    ...checkConditions(normal.document),
    ...checkAssignments(normal.document, context.lineOf),
    ...check.problems(),
  ];
  const isGood = !problems.some(isError);
  return {
    problems,
    machine: isGood ? { ...draft, states: statesOf(draft), watchers: check.watchers() } : undefined,
    commands: check.commands(),
    resources: check.resources(),
  };
}

function noMap(document: Json): string {
  const expected = "a machine is a map with name, version, initial_state, transitions and watchers";
  return document === null ? `the file is empty: ${expected}` : `found ${foundText(document)}: ${expected}`;
}

/** Says of which transition a subscription is incomplete: its place shows only the list. */
function named(problem: Problem, draft: Draft): Problem {
  const [part, index, key] = problem.path;
  if (part !== "transitions" || key !== "subscribe" || typeof index !== "number") return problem;
  const name = draft.transitions[index]?.name;
  return name
    ? { ...problem, message: `${problem.message} (subscription of transition "${name}")` }
    : problem;
}

/** With more than anyone reads, checking on only takes time. */
const enoughProblems = 200;

/** Types that Choria has or had, and what to do without them. */
const notProvided = new Map([
  ["ccm_manifest", "run `ccm apply` from an exec watcher"],
  ["homekit", "Choria has removed it too; use an httpswitch watcher"],
]);

class MachineCheck {
  readonly #draft: Draft;
  readonly #context: CheckContext & { readonly shape: readonly Problem[] };
  readonly #watchers: readonly (ReadWatcher | undefined)[];
  #waysOut: WaysOut | undefined;

  constructor(draft: Draft, context: CheckContext & { readonly shape: readonly Problem[] }) {
    this.#draft = draft;
    this.#context = context;
    this.#watchers = draft.watchers.map((watcher, index) => this.#read(watcher, index));
  }

  problems(): Problem[] {
    const { lineOf } = this.#context;
    // With transitions in disorder, every name would look unknown.
    const known = this.#isChartSound() ? knownNames(this.#draft) : undefined;
    const problems = [
      ...(known ? checkChart(this.#draft, lineOf) : []),
      ...checkWatcherNames(this.#draft, lineOf),
    ];
    for (const [index, watcher] of this.#draft.watchers.entries()) {
      problems.push(...this.#checkWatcher(watcher, index, known));
      if (problems.length > enoughProblems) break;
    }
    return problems;
  }

  /** Of a machine without errors: all of them. */
  watchers(): WatcherDefinition[] {
    return this.#watchers.flatMap((watcher) => watcher?.definition ?? []);
  }

  commands(): CommandIn[] {
    return this.#watchers.flatMap((watcher) => watcher?.commands ?? []);
  }

  resources(): ResourceIn[] {
    return this.#watchers.flatMap((watcher) => watcher?.resources ?? []);
  }

  #read(watcher: WatcherDraft, index: number): ReadWatcher | undefined {
    const path = ["watchers", index];
    const type = this.#context.types.get(watcher.type);
    const hasMap = !this.#isBroken([...path, "properties"]);
    if (!type || !hasMap) return undefined;
    return readWatcher(watcher, type, {
      path,
      isSound: !this.#isBroken(path),
      sourceAt: this.#context.sourceAt,
    });
  }

  #checkWatcher(watcher: WatcherDraft, index: number, known: KnownNames | undefined): Problem[] {
    const path = ["watchers", index];
    const type = this.#context.types.get(watcher.type);
    const read = this.#watchers[index];
    const transitions = [...standardTransitions(watcher, path), ...(read?.named ?? [])];
    return [
      ...(type || watcher.type === "" ? [] : [this.#unknownType(watcher, path)]),
      ...(known ? checkStates(watcher, path, known) : []),
      ...(known && read ? checkNamedStates(watcher, read.states, known) : []),
      ...(known ? checkTransitions(watcher, transitions, known) : []),
      ...checkAnnounceInterval(watcher, path),
      ...checkRequired(watcher, path, this.#draft),
      ...(type ? checkInterval(watcher, path, type) : []),
      ...(type?.looksOncePerEntry && known ? this.#checkWayOut(index, known) : []),
      ...(read?.problems ?? []),
      ...checkCommands(read?.commands ?? []),
    ];
  }

  #checkWayOut(index: number, known: KnownNames): Problem[] {
    this.#waysOut ??= new WaysOut(
      this.#draft,
      known,
      this.#draft.watchers.map((watcher, at) =>
        [...standardTransitions(watcher, []), ...(this.#watchers[at]?.named ?? [])].map(({ name }) => name),
      ),
    );
    return this.#waysOut.check(index);
  }

  #unknownType({ type }: WatcherDraft, path: Path): Problem {
    const instead = notProvided.get(type);
    if (instead) {
      const message = `watcher type ${quoted(type)} of Choria is not provided: ${instead}`;
      return { path: [...path, "type"], message };
    }
    const types = [...this.#context.types.keys()].sort();
    const known = `known: ${choice(types, "and")}`;
    const message = `unknown watcher type ${quoted(type)} (${known})${didYouMean(type, types)}`;
    return { path: [...path, "type"], message };
  }

  #isChartSound(): boolean {
    const { initialState, transitions } = this.#draft;
    return (
      initialState !== "" &&
      transitions.length > 0 &&
      !this.#isBroken(["transitions"]) &&
      !this.#isBroken(["initial_state"])
    );
  }

  /** True when the shape of this part, or of something in it, is wrong. */
  #isBroken(part: Path): boolean {
    return this.#context.shape.some(({ path }) => part.every((step, index) => path[index] === step));
  }
}

function standardTransitions({ successTransition, failTransition }: WatcherDraft, path: Path): NamedIn[] {
  return [
    ...(successTransition === undefined
      ? []
      : [{ name: successTransition, path: [...path, "success_transition"] }]),
    ...(failTransition === undefined ? [] : [{ name: failTransition, path: [...path, "fail_transition"] }]),
  ];
}
