/** The command that a watcher would run now, taken from the watcher itself and not run. */
import type { CommandRequest, CommandResult, CommandRunner } from "../exec/command.ts";
import { MachinistError } from "../lib/errors.ts";
import { createWatcher } from "./loops.ts";
import type { Machine } from "./machine.ts";
import type { MachineServices } from "./services.ts";

const notRun: CommandResult = {
  end: { how: "stopped" },
  stdout: "",
  stdoutComplete: true,
  output: "",
  durationMs: 0,
};

/** Properties that hold a command; looks of other types may do more than run one. */
const commandProperties = ["command", "plugin"];

/** @throws INVALID_ARGUMENT (no such watcher, or one without a command), TEMPLATE, BAD_VALUE (facts) */
export async function hookCommand(
  machine: Machine,
  name: string,
  services: MachineServices,
): Promise<CommandRequest> {
  const { definition, record } = machine;
  const watcher = definition.watchers.find((one) => one.name === name);
  if (!watcher) throw unknownWatcher(machine, name);
  const properties = Object.entries(watcher.properties ?? {});
  if (!properties.some(([key, value]) => commandProperties.includes(key) && typeof value === "string"))
    throw refused(`watcher ${name} of machine ${machine.name} runs no command: its type is ${watcher.type}`);
  let captured: CommandRequest | undefined;
  const commands: CommandRunner = {
    baseEnvironment: services.commands.baseEnvironment,
    run: async (request) => {
      captured = request;
      return notRun;
    },
  };
  const leaving = new AbortController().signal;
  const governors = { enter: async () => ({ lost: leaving, [Symbol.asyncDispose]: async () => undefined }) };
  const own = { ...services, commands, gauges: { show: () => undefined } };
  const created = createWatcher(watcher, { definition, instance: record.id, services: own }, governors);
  const look = {
    reason: "start",
    arrived: false,
    leaving,
    ...machine.situation(),
    ...machine.memory(name),
  } as const;
  const { error } = await created.observe(look, leaving);
  if (captured) return captured;
  throw new MachinistError("TEMPLATE", `watcher ${name} has no command now: ${error ?? "it was skipped"}`);
}

function unknownWatcher({ name, definition }: Machine, watcher: string): MachinistError {
  const known = definition.watchers.map((one) => one.name).join(", ");
  return refused(`machine ${name} has no watcher ${JSON.stringify(watcher)}; it has ${known}`);
}

function refused(message: string): MachinistError {
  return new MachinistError("INVALID_ARGUMENT", message);
}
