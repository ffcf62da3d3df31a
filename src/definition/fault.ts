/** What is wrong with a document and where: the fault that users read, and the problem it is made from. */

/** An error keeps the machine from running, a warning is probably a mistake, an info is worth knowing. */
export type Severity = "error" | "warning" | "info";

/** Keys and list indexes from the root of a document: `["watchers", 1, "interval"]`. */
export type Path = readonly (string | number)[];

/** Something wrong at a path; a document gives it a place and so makes it a fault. */
export interface Problem {
  readonly path: Path;
  /** Point at the key rather than at its value. Default: the value; where nothing is there, the nearest thing around it. */
  readonly at?: "key" | "value";
  /** What was found, what is expected, what to do. */
  readonly message: string;
  /** Default "error". */
  readonly severity?: Severity;
}

export function isError({ severity = "error" }: Pick<Problem, "severity">): boolean {
  return severity === "error";
}

/** Line and column count from 1; columns are UTF-16 units. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

export interface Fault extends Place {
  /** As the caller named it. */
  readonly file: string;
  /** `watchers[1].interval`; empty for the document as a whole. */
  readonly path: string;
  readonly severity: Severity;
  readonly message: string;
  /** The lines around the place with a caret below it; empty when there is no text to show. */
  readonly frame: string;
}

/** What a piece of a rendered fault is, for a caller that colours it. */
export type FaultPart = "place" | "error" | "warning" | "info" | "path" | "caret" | "frame";

/** Colours a piece of text; the default leaves it as it is. */
export type Paint = (part: FaultPart, text: string) => string;

/**
 * A fault as text: `machines/web.yaml:14:7 watchers[1].interval: …`, then the code frame. The word
 * `warning:` or `info:` stands after the place of one. No newline at the end.
 */
export function renderFault(fault: Fault, paint: Paint = (_part, text) => text): string {
  const lines = [faultLine(fault, paint)];
  for (const line of fault.frame === "" ? [] : fault.frame.split("\n")) {
    lines.push(paint(/^ *\| *\^+$/.test(line) ? "caret" : "frame", line));
  }
  return lines.join("\n");
}

/** The first line of a rendered fault, without the frame. */
export function faultLine(fault: Fault, paint: Paint = (_part, text) => text): string {
  const place = paint("place", `${fault.file}:${fault.line}:${fault.column}`);
  const severity = fault.severity === "error" ? "" : ` ${paint(fault.severity, `${fault.severity}:`)}`;
  const path = fault.path === "" ? "" : ` ${paint("path", fault.path)}:`;
  return `${place}${severity}${path} ${fault.severity === "error" ? paint("error", fault.message) : fault.message}`;
}

/** `["watchers", 1, "odd key"]` → `watchers[1]["odd key"]`. */
export function pathText(path: Path): string {
  let text = "";
  for (const step of path) {
    if (typeof step === "number") text += `[${step}]`;
    else if (/^[A-Za-z_][\w-]*$/.test(step)) text += text === "" ? step : `.${step}`;
    else text += `[${JSON.stringify(step.length > 60 ? `${step.slice(0, 60)}…` : step)}]`;
  }
  return text;
}
