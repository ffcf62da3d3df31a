/** A runner whose commands are counted. */
import type { CommandResult, CommandRunner } from "./command.ts";

/** `onEnd` is called for each command that was asked for, however it ended. */
export function measuredCommands(
  runner: CommandRunner,
  onEnd: (result: CommandResult) => void,
): CommandRunner {
  return {
    baseEnvironment: runner.baseEnvironment,
    async run(request, signal) {
      const result = await runner.run(request, signal);
      onEnd(result);
      return result;
    },
  };
}
