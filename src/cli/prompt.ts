/** Asking before something is lost: on a terminal only, and no is the default. */
import { createInterface } from "node:readline";
import { MachinistError } from "../lib/errors.ts";
import type { Surroundings } from "./surroundings.ts";

/**
 * True when the person says yes, or when `force` was given and nobody is asked.
 * @throws USAGE when there is nobody to ask
 */
export async function confirm(
  surroundings: Surroundings,
  question: string,
  options: { readonly force: boolean },
): Promise<boolean> {
  if (options.force) return true;
  const { stdin, stderr } = surroundings;
  if (!stdin.isTTY || !stderr.isTTY) {
    throw new MachinistError("USAGE", `cannot ask "${question}" without a terminal; -f does it unasked`);
  }
  stderr.write(`${question} (y/N) `);
  const answer = await firstLine(surroundings);
  return /^\s*y(es)?\s*$/i.test(answer);
}

/** The next line, or "" when the input ends first. The terminal does the editing, so Ctrl-C still ends the program. */
function firstLine({ stdin }: Surroundings): Promise<string> {
  const lines = createInterface({ input: stdin, terminal: false });
  return new Promise((resolve) => {
    lines.once("line", (line) => {
      resolve(line);
      lines.close();
    });
    lines.once("close", () => resolve(""));
  });
}
