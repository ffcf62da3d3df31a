/** The properties of one watcher, checked and read by its own type. */
import { MachinistError } from "../lib/errors.ts";
import type { WatcherDraft } from "./draft.ts";
import { isError, type Path, type Problem } from "./fault.ts";
import type { SourceAt } from "./normal-form.ts";
import { checkShape } from "./schema.ts";
import type { CommandIn, NamedIn, ResourceIn, WatcherDefinition, WatcherTypeShape } from "./shape.ts";
import { readWeakly } from "./weak-properties.ts";

export interface ReadWatcher {
  readonly problems: readonly Problem[];
  /** Undefined when the properties could not be read. */
  readonly definition: WatcherDefinition | undefined;
  /** Transitions that the type can fire besides success and fail. */
  readonly named: readonly NamedIn[];
  /** States that the properties name. */
  readonly states: readonly NamedIn[];
  readonly commands: readonly CommandIn[];
  readonly resources: readonly ResourceIn[];
}

const unread = { definition: undefined, named: [], states: [], commands: [], resources: [] };

/**
 * @param path of the watcher
 * @param isSound the rest of the watcher has the right shape, so that the type may judge it as a whole
 */
export function readWatcher(
  draft: WatcherDraft,
  type: WatcherTypeShape,
  { path, isSound, sourceAt }: { path: Path; isSound: boolean; sourceAt: SourceAt },
): ReadWatcher {
  const at = [...path, "properties"];
  const weak = readWeakly(type.schema, draft.raw, (inner) => sourceAt([...at, ...inner]));
  const inFile = (inner: Path): Path =>
    inner[0] === "properties" ? [...at, ...weak.writtenPath(inner.slice(1))] : [...path, ...inner];
  const warnings = weak.problems.map((problem) => ({ ...problem, path: [...at, ...problem.path] }));
  const faults = checkShape(type.schema, weak.value).map((problem) => ({
    ...problem,
    path: inFile(["properties", ...problem.path]),
  }));
  if (faults.length > 0) return { ...unread, problems: [...warnings, ...faults] };
  try {
    const definition = { ...withoutRaw(draft), properties: type.read(weak.value) };
    const judged = isSound ? (type.check?.(definition) ?? []) : [];
    const placed = <Found extends { readonly path: Path }>(found: Found): Found => ({
      ...found,
      path: inFile(found.path),
    });
    return {
      problems: [...warnings, ...judged.map((problem) => ({ ...problem, path: inFile(problem.path) }))],
      definition,
      named: (type.transitions?.(definition.properties) ?? []).map(placed),
      states: (type.states?.(definition.properties) ?? []).map(placed),
      commands: judged.some(isError) ? [] : (type.commands?.(definition.properties) ?? []).map(placed),
      resources: (type.resources?.(definition.properties) ?? []).map(placed),
    };
  } catch (error) {
    // What a schema could not tell and only reading found out, such as a template that does not parse.
    if (!(error instanceof MachinistError)) throw error;
    return { ...unread, problems: [...warnings, { path: at, message: error.message }] };
  }
}

function withoutRaw({ raw: _raw, ...watcher }: WatcherDraft): Omit<WatcherDefinition, "properties"> {
  return watcher;
}
