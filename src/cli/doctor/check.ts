/** One line of `machinist doctor`. */
export interface Check {
  readonly check: string;
  /** `warning`: it works, and may not be what is wanted. */
  readonly state: "ok" | "warning" | "problem";
  readonly text: string;
}

export function ok(check: string, text: string): Check {
  return { check, state: "ok", text };
}

export function warning(check: string, text: string): Check {
  return { check, state: "warning", text };
}

export function problem(check: string, text: string): Check {
  return { check, state: "problem", text };
}
