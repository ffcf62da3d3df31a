/** One line of `machinist doctor`. */
export interface Check {
  readonly check: string;
  /** `warning`: it works, and may not be what is wanted. */
  readonly state: "ok" | "warning" | "problem";
  readonly text: string;
}
