/** Runs a command again when the helper process died under it: the same run, under the same id. */
import type { CommandRequest, CommandResult, CommandRunner } from "./command.ts";
import { resultWithoutRun } from "./running-command.ts";

/**
 * Runs the request until its end is known. A disowned command is not repeated, because it goes on without the helper: it ends as `lost`.
 * @param mayRepeat asked before each repeat; when it returns false the command ends as `stopped`
 */
export async function runUntilEnded(
  commands: CommandRunner,
  request: CommandRequest,
  { signal, mayRepeat = () => true }: { readonly signal: AbortSignal; readonly mayRepeat?: () => boolean },
): Promise<CommandResult> {
  let result = await commands.run(request, signal);
  while (result.end.how === "lost" && !request.disown) {
    if (!mayRepeat()) return resultWithoutRun({ how: "stopped" });
    result = await commands.run(request, signal);
  }
  return result;
}
