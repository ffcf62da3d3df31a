/** What a YAML parser complains about, in words for people who write machines. Knows the parser's codes, not the parser. */

export interface SyntaxComplaint {
  /** One of the codes of the `yaml` package. */
  readonly code: string;
  readonly message: string;
  /** The line that it complains about. */
  readonly line: string;
}

const misplaced = "this stands in another column than its neighbours: indent them alike";

/** Complaints that say nothing of what comes after them: of all others, only the first is no consequence of another. */
const local = new Set(["TAB_AS_INDENT", "BAD_SCALAR_START", "BAD_DQ_ESCAPE", "TAG_RESOLVE_FAILED"]);

/** The complaints to tell: one a line, and no consequences. @param complaints by place */
export function tellingComplaints<C extends SyntaxComplaint & { readonly lineNumber: number }>(
  complaints: readonly C[],
): C[] {
  const tab = complaints.find(({ code }) => code === "TAB_AS_INDENT");
  const first = complaints.find(({ code }) => !local.has(code));
  const lines = new Set<number>();
  return complaints.filter((complaint) => {
    const isConsequence = !local.has(complaint.code) && (tab !== undefined || complaint !== first);
    if (isConsequence || lines.has(complaint.lineNumber)) return false;
    lines.add(complaint.lineNumber);
    return true;
  });
}

/** What is wrong and what to do. */
export function syntaxMessage({ code, message, line }: SyntaxComplaint): string {
  if (code === "TAB_AS_INDENT" || /^ *\t/.test(line)) {
    return "a tab is used as indentation: YAML wants spaces there";
  }
  return (
    bySyntax(code, message) ?? `this is not valid YAML: ${message.charAt(0).toLowerCase()}${message.slice(1)}`
  );
}

function bySyntax(code: string, message: string): string | undefined {
  switch (code) {
    case "BAD_INDENT":
      return badIndent(message);
    case "BLOCK_AS_IMPLICIT_KEY":
    case "MULTILINE_IMPLICIT_KEY":
      return 'a value here goes on as a map: put text that holds ": " in quotes, or indent the next line like this one';
    case "MISSING_CHAR":
      return missing(message);
    case "TAG_RESOLVE_FAILED":
      return `${message.replace(/^Unresolved /, "").replace("tag: ", "tag ")} is not known: put text that begins with ! in quotes`;
    case "BAD_SCALAR_START":
      return `text that begins with ${message.slice(-1)} must be in quotes`;
    case "BAD_DQ_ESCAPE":
      return `${message.split(" ").at(-1)} is no escape in double quotes: use single quotes, or double the backslash`;
    default:
      return undefined;
  }
}

function badIndent(message: string): string | undefined {
  const open = /end with an? (.)$/.exec(message)?.[1];
  if (open !== undefined)
    return `a ${open === "]" ? "list opened with [" : "map opened with {"} is not closed with ${open}`;
  return message.includes("same column") ? misplaced : undefined;
}

function missing(message: string): string | undefined {
  if (message.includes("quote")) return "a quote is opened and never closed";
  if (message.includes("item without")) return misplaced;
  if (message.includes("followed by map values")) return 'this key has no ": " and value after it';
  return undefined;
}
