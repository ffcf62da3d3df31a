/**
 * The one door: bytes of a machine file in, a frozen and complete definition out, or all that is wrong with it at once.
 * Past it nothing parses, fills in defaults or checks again.
 */
import { createHash } from "node:crypto";
import { dirname, resolve } from "node:path";
import { MachinistError } from "../lib/errors.ts";
import { deepFreeze, type Json } from "../lib/json.ts";
import { type CheckedMachine, checkMachine } from "./check.ts";
import { checkPrograms } from "./commands/programs.ts";
import { type Fault, faultLine, isError, type Problem } from "./fault.ts";
import { parseDocument } from "./parse.ts";
import type { CommandIn, Definition, ResourceIn, WatcherTypeShape } from "./shape.ts";
import type { YamlDocument } from "./yaml-document.ts";

/** Documents that were parsed before, by `contentHash`; only those without any fault. Reading YAML is most of the work. */
export interface DocumentCache {
  get(hash: string): Json | undefined;
  set(hash: string, document: Json): void;
}

export interface DoorOptions {
  /** Path of the file; the definition has the absolute one. */
  readonly file: string;
  /** The file's name in faults. Default: `file`. */
  readonly shownAs?: string;
  readonly types: ReadonlyMap<string, WatcherTypeShape>;
  /** Owned by the caller. */
  readonly cache?: DocumentCache;
  /** The PATH of commands on this host: their programs and scripts are looked for. Left out: nothing is looked for. */
  readonly commandPath?: string | undefined;
}

export interface CheckedDefinition {
  /** Frozen; undefined when a fault is an error. */
  readonly definition: Definition | undefined;
  /** By place. May be warnings only. */
  readonly faults: readonly Fault[];
  /** Warnings about programs and scripts, true only for this host and this moment. By place. */
  readonly hostFaults: readonly Fault[];
  /** Buckets and governors that the watchers name, with their paths in the document. */
  readonly resources: readonly ResourceIn[];
  /** Gives a problem that only the caller can know its place in the file. */
  faultAt(problem: Problem): Fault;
}

/** A machine file that no machine can be made from. */
export class DefinitionError extends MachinistError {
  /** All of them, warnings too. */
  readonly faults: readonly Fault[];

  constructor(file: string, faults: readonly Fault[]) {
    const errors = faults.filter(isError).map((fault) => faultLine(fault));
    super("INVALID_DEFINITION", errors.join("\n") || file, {
      details: { file, faults: faults.map((fault) => ({ ...fault })) },
    });
    this.name = "DefinitionError";
    this.faults = faults;
  }
}

/** More than anyone reads; what is left out is counted. */
const mostFaults = 100;

/** sha256 (hex) of a file's bytes: the `hash` of its definition. */
export function contentHash(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Checks a machine file. Never throws for what the bytes hold. */
export function checkDefinition(bytes: Uint8Array, options: DoorOptions): CheckedDefinition {
  const hash = contentHash(bytes);
  const known = options.cache?.get(hash);
  let parsed: YamlDocument | undefined;
  // After a cache hit the text is only parsed when there is something to show in it.
  const document = (): YamlDocument => {
    parsed ??= parseDocument(bytes, { file: options.shownAs ?? options.file });
    return parsed;
  };
  const value = known ?? document().value;
  const faultAt = (problem: Problem): Fault => document().faultAt(problem);
  if (value === undefined)
    return { definition: undefined, faults: document().faults, hostFaults: [], resources: [], faultAt };
  const { problems, machine, commands, resources } = checkMachine(value, {
    types: options.types,
    sourceAt: (path) => document().sourceAt(path),
    lineOf: (path) => document().faultAt({ path, message: "" }).line,
  });
  const faults = withText(parsed?.faults ?? [], problems.map(faultAt));
  const isGood = !faults.some(isError);
  if (faults.length === 0 && known === undefined) options.cache?.set(hash, value);
  return {
    definition: machine && isGood ? definitionOf(machine, hash, options.file) : undefined,
    faults: inOrder(faults),
    hostFaults: inOrder(onHost(commands, options).map(faultAt)),
    resources,
    faultAt,
  };
}

function onHost(commands: readonly CommandIn[], { file, commandPath: path }: DoorOptions): Problem[] {
  return path === undefined ? [] : checkPrograms(commands, { directory: dirname(resolve(file)), path });
}

/**
 * The definition of a machine file that must be good; warnings are passed over.
 * @throws DefinitionError (INVALID_DEFINITION) with all faults
 */
export function requireDefinition(bytes: Uint8Array, options: DoorOptions): Definition {
  const { definition, faults } = checkDefinition(bytes, options);
  if (definition) return definition;
  throw new DefinitionError(options.shownAs ?? options.file, faults);
}

function definitionOf(machine: CheckedMachine, hash: string, file: string): Definition {
  const path = resolve(file);
  return deepFreeze({ ...machine, hash, file: path, directory: dirname(path) });
}

/** In a line whose text is wrong, all else that is found there is a consequence of it. */
function withText(ofText: readonly Fault[], ofMeaning: readonly Fault[]): Fault[] {
  const lines = new Set(ofText.map(({ line }) => line));
  return [...ofText, ...ofMeaning.filter(({ line }) => !lines.has(line))];
}

/** By place; at one place in the order of finding. */
function inOrder(faults: readonly Fault[]): readonly Fault[] {
  const sorted = faults.toSorted((one, other) => one.line - other.line || one.column - other.column);
  const [next] = sorted.slice(mostFaults);
  if (!next) return sorted;
  const left = sorted.length - mostFaults;
  const severity = sorted.slice(mostFaults).some((fault) => fault.severity === "error") ? "error" : "warning";
  return [
    ...sorted.slice(0, mostFaults),
    { ...next, path: "", frame: "", severity, message: `${left} more faults` },
  ];
}
