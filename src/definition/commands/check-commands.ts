/** What the command lines of a watcher say that cannot be meant. Pure. */
import type { Problem } from "../fault.ts";
import type { CommandIn } from "../shape.ts";
import { shellSyntaxIn } from "./shell-syntax.ts";

/** @param commands with their paths in the document */
export function checkCommands(commands: readonly CommandIn[]): Problem[] {
  return commands.flatMap(({ text, path }) => {
    const found = shellSyntaxIn(text);
    if (found.length === 0) return [];
    const shown = found.map((syntax) => `\`${syntax}\``).join(", ");
    const message = `found the shell syntax ${shown}: no shell runs; write \`sh -c '…'\` or a script, or quote what is meant literally`;
    return [{ path, message, severity: "warning" }];
  });
}
