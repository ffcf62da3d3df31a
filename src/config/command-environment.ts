/** What every command of a machine finds in its environment. Nothing else of the daemon's environment reaches it. */

export interface CommandEnvironmentParts {
  /** The daemon's own environment. */
  readonly inherited: Readonly<Record<string, string | undefined>>;
  /** `exec.environment` of the config file. */
  readonly configured: Readonly<Record<string, string>> | undefined;
  /** Comes first in PATH: a hook calls the machinist that runs it. */
  readonly programDirectory: string;
  /** How `machinist` in a hook finds its own daemon and store. A variable without a value is left out. */
  readonly own: Readonly<Record<string, string | undefined>>;
}

const inheritedNames = ["PATH", "HOME", "USER", "LANG", "TZ"];

export function commandEnvironment(parts: CommandEnvironmentParts): Record<string, string> {
  const { inherited, configured, programDirectory, own } = parts;
  const chosen = Object.fromEntries(inheritedNames.map((name) => [name, inherited[name]]));
  const environment = withValues({ ...chosen, ...own, ...configured });
  const path = environment["PATH"];
  return { ...environment, PATH: path ? `${programDirectory}:${path}` : programDirectory };
}

function withValues(variables: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(variables).filter((variable): variable is [string, string] => variable[1] !== undefined),
  );
}
