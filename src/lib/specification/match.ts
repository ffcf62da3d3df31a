/** Whether an entry of a specification is meant for this host. */
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import { MachinistError } from "../errors.ts";
import { parseExpression } from "../expression.ts";
import type { Json, JsonObject } from "../json.ts";
import { parseQuery } from "../query.ts";
import { compilePattern } from "../safe-pattern.ts";

export interface MatchHost {
  readonly identity: string;
  readonly facts: () => JsonObject;
  /** Directories in which `has_command` looks, joined as in PATH. */
  readonly commandPath: string;
}

const words = {
  values: [],
  functions: { identity: 1, has_file: 1, has_directory: 1, has_command: 1, get_fact: 1 },
} as const;

/** @throws INVALID_ARGUMENT with the place of what is wrong */
export function checkMatch(expression: string): void {
  parseExpression(expression, words);
}

/**
 * `identity(REGEX)`, `has_file(PATH)` (anything that is there, as in Choria), `has_directory(PATH)`, `has_command(NAME)` and
 * `get_fact(QUERY)`, joined by the words of expressions.
 * @throws INVALID_ARGUMENT when the expression, a pattern or a query is none; BAD_VALUE when it gives no boolean
 */
export function matchesHost(expression: string, host: MatchHost): boolean {
  return parseExpression(expression, words).test({
    values: {},
    functions: {
      identity: (pattern) => compilePattern(requireText("identity", pattern)).test(host.identity),
      has_file: (path) => isThere(requireText("has_file", path)),
      has_directory: (path) => isDirectory(requireText("has_directory", path)),
      has_command: (name) => hasCommand(requireText("has_command", name), host.commandPath),
      get_fact: (query) => parseQuery(requireText("get_fact", query)).find(host.facts()),
    },
  });
}

function requireText(name: string, argument: Json | undefined): string {
  if (typeof argument === "string") return argument;
  throw new MachinistError("BAD_VALUE", `${name} was given something that is no text`);
}

function isThere(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function hasCommand(name: string, path: string): boolean {
  if (name.includes("/")) return isExecutable(name);
  return path.split(delimiter).some((directory) => directory !== "" && isExecutable(join(directory, name)));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
