/** A YAML file as data that can still say where each part of it stands. Knows nothing of machines. */
import type { Json } from "../lib/json.ts";
import { codeFrame } from "./code-frame.ts";
import { type Fault, type Path, type Problem, pathText } from "./fault.ts";
import type { SourceText } from "./source-text.ts";
import { type LocatedNode, nodeAt, type Span, spanAt, toJson } from "./tree.ts";

export interface YamlDocument {
  /** The file's content; null for an empty one; undefined when it is no YAML at all. */
  readonly value: Json | undefined;
  /** What is wrong with the text itself. With a value, others may be found in it too. */
  readonly faults: readonly Fault[];
  /** Gives a problem its place in the file. */
  faultAt(problem: Problem): Fault;
  /** A number or a word as it was written: `1.0` where the value is 1; undefined where no scalar stands. */
  sourceAt(path: Path): string | undefined;
}

/** What a parser made of a file. */
export interface ParsedSource {
  readonly source: SourceText;
  /** Undefined when the text is no YAML at all; else there even with problems, so that more can be found. */
  readonly root: LocatedNode | undefined;
  readonly problems: readonly SyntaxProblem[];
}

/** Something wrong with the text itself, at no path yet. */
export interface SyntaxProblem {
  readonly span: Span;
  readonly message: string;
}

export function documentOf(file: string, { source, root, problems }: ParsedSource): YamlDocument {
  const fault = (span: Span, problem: Problem): Fault => {
    const place = source.placeOf(span.start);
    return {
      file,
      ...place,
      path: pathText(problem.path),
      severity: problem.severity ?? "error",
      message: problem.message,
      frame: source.text === "" ? "" : codeFrame(source.lines, place, span.end - span.start),
    };
  };
  return {
    value: root && toJson(root),
    faults: problems.map(({ span, message }) => fault(span, { path: [], message })),
    faultAt(problem) {
      const span = root ? spanAt(root, problem.path, problem.at ?? "value") : { start: 0, end: 1 };
      return fault(span, problem);
    },
    sourceAt(path) {
      const node = root && nodeAt(root, path);
      return node?.kind === "scalar" ? node.source : undefined;
    },
  };
}
