/** A seeded fault: one small mistake in the product, and the tests that ought to notice it. */
export interface Fault {
  /** From the root of the repository. */
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly find: string;
  readonly replace: string;
  /** Test files that are run with the fault in place. */
  readonly tests: readonly string[];
  /** Why no test can notice it; such a fault is expected to survive. */
  readonly equivalent?: string;
}

type Mistake = readonly [find: string, replace: string, equivalent?: string];

/** Faults of one file that the same tests ought to notice. */
export function faultsIn(
  file: string,
  tests: readonly string[],
  mistakes: readonly Mistake[],
): readonly Fault[] {
  return mistakes.map(([find, replace, equivalent]) => ({
    file,
    find,
    replace,
    tests,
    ...(equivalent === undefined ? {} : { equivalent }),
  }));
}

/** `file:line`, and what becomes what, in one line. */
export function describeFault({ file, find, replace }: Fault, source: string): string {
  const line = source.slice(0, source.indexOf(find)).split("\n").length;
  return `${file}:${line}  ${oneLine(find)}  =>  ${oneLine(replace)}`;
}

function oneLine(text: string): string {
  return text.trim() === "" ? "(nothing)" : text.trim().replace(/\s+/g, " ");
}
