/** The examples in the comments of the public key-value API, as one program. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";

const folder = join(import.meta.dirname, "../../src/kv");

/** One `@example` of an exported function, or of a method of an exported interface or class. */
export interface DocumentedExample {
  /** `Bucket.put`, `openStore` */
  readonly of: string;
  readonly code: string;
}

/** What users call and what stands there as an example of it; `code` is empty where nothing does. */
export function documentedExamples(names: ReadonlySet<string>): DocumentedExample[] {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(".ts"),
  );
  return files.flatMap((name) => {
    const path = join(folder, name);
    const source = ts.createSourceFile(path, readFileSync(path, "utf8"), ts.ScriptTarget.Latest, true);
    const overloaded = new Set(source.statements.filter(isOverload).map(({ name }) => name?.text ?? ""));
    return source.statements
      .flatMap((statement) => callsOf(statement, names, overloaded))
      .flatMap(examplesOf);
  });
}

interface Call {
  readonly of: string;
  readonly node: ts.Node;
}

function isOverload(statement: ts.Statement): statement is ts.FunctionDeclaration {
  return ts.isFunctionDeclaration(statement) && !statement.body;
}

function callsOf(
  statement: ts.Statement,
  names: ReadonlySet<string>,
  overloaded: ReadonlySet<string>,
): Call[] {
  if (ts.isFunctionDeclaration(statement)) {
    const of = statement.name?.text ?? "";
    // What implements an overloaded function is not what users see.
    const isSeen = names.has(of) && (!statement.body || !overloaded.has(of));
    return isSeen ? [{ of, node: statement }] : [];
  }
  if (!ts.isInterfaceDeclaration(statement) || !names.has(statement.name.text)) return [];
  return statement.members.filter(ts.isMethodSignature).map((node) => ({
    of: `${statement.name.text}.${node.name.getText()}`,
    node,
  }));
}

function examplesOf({ of, node }: Call): DocumentedExample[] {
  const tags = ts.getJSDocTags(node).filter((tag) => tag.tagName.text === "example");
  if (tags.length === 0) return [{ of, code: "" }];
  return tags.map((tag) => ({ of, code: ts.getTextOfJSDocComment(tag.comment) ?? "" }));
}

/**
 * TypeScript that exports a function for each example. It is given fresh buckets and an empty directory, has what stands
 * after `// =>` compared, and prints what `printedBy` says.
 */
export function programOf(examples: readonly DocumentedExample[], imports: string): string {
  const runs = examples.map(
    ({ code }) =>
      `async ({ store, bucket, leases, directory, console, same }: Given) => {\n${checked(code)}\n},`,
  );
  return `${imports}
interface Given {
  store: Store; bucket: Bucket; leases: Bucket; directory: string;
  console: { log(...words: unknown[]): void };
  same(found: unknown, expected: unknown): void;
}
export const runs: ((given: Given) => Promise<void>)[] = [
${runs.join("\n")}
];
`;
}

/** `expression; // => value` becomes a comparison of both. */
function checked(code: string): string {
  return code.replace(
    /^(\s*)(.+?);? \/\/ => (.+)$/gm,
    (_, indent, found, expected) => `${indent}same(${found}, ${expected});`,
  );
}

/** The lines that the example says it prints. */
export function printedBy(code: string): string[] {
  return [...code.matchAll(/\/\/ prints (.+)$/gm)].flatMap(([, lines = ""]) => lines.split(", "));
}
