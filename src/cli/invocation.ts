/** What a command works with, made once its command line is understood: the config, the streams, the way out. */
import { type Config, loadConfig } from "../config/config.ts";
import type { ConfigFlags, ConfigSources } from "../config/sources.ts";
import { Output, type StdoutGuard } from "./output.ts";
import type { Surroundings } from "./surroundings.ts";

export interface Invocation {
  readonly config: Config;
  readonly surroundings: Surroundings;
  readonly output: Output;
  /** The flags that the config came from: a daemon that rereads its config file needs them again. */
  readonly flags: ConfigFlags;
  /** Sets the exit status of a command that ends well; 0 when never called. */
  exitWith(status: number): void;
}

/** What a command of `machinist kv` works with. */
export interface KvInvocation extends Invocation {
  /** It asks for the daemon's own store instead of the configured one. */
  readonly isInternal?: boolean;
}

/** Called by a command's action. `extra`: settings that only this command takes. @throws INVALID_CONFIG */
export type BeginInvocation = (
  extra?: Pick<
    ConfigFlags,
    | "data"
    | "config"
    | "dropDirectories"
    | "http"
    | "httpOpen"
    | "facts"
    | "createsDataDirectory"
    | "isEphemeral"
  >,
) => Promise<Invocation>;

export interface InvocationOptions {
  readonly surroundings: Surroundings;
  readonly guard: StdoutGuard;
  readonly flags: ConfigFlags;
  readonly exitWith: (status: number) => void;
}

export async function createInvocation(options: InvocationOptions): Promise<Invocation> {
  const { surroundings, guard, flags, exitWith } = options;
  const config = await loadConfig(configSources(surroundings, flags));
  return { config, surroundings, output: new Output(surroundings, guard, config), flags, exitWith };
}

/** What the config of a command line comes from, besides its file. */
export function configSources(surroundings: Surroundings, flags: ConfigFlags): ConfigSources {
  const { stdout, stderr, environment, workingDirectory } = surroundings;
  return {
    flags,
    environment,
    workingDirectory,
    terminal: { stdout: stdout.isTTY === true, stderr: stderr.isTTY === true },
  };
}
