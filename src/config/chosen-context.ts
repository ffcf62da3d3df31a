/** Which context a command uses, and what follows from it. */
import { resolve } from "node:path";
import { type Context, Contexts } from "./contexts.ts";
import { checkRemote, type DaemonAddress } from "./daemon-address.ts";
import { onlyDefined, origin, said } from "./said.ts";
import type { ConfigSources } from "./sources.ts";

/** What a context says counts as flags, except where there are flags. */
export function withContext(sources: ConfigSources): ConfigSources {
  const context = contextOf(sources);
  if (!context) return sources;
  const { description: _, ...said } = context;
  return { ...sources, flags: { ...said, ...onlyDefined(sources.flags), context: undefined } };
}

/** The named one, else the selected one; the latter not where another place is named. @throws INVALID_CONFIG */
function contextOf({ flags, environment }: ConfigSources): Context | undefined {
  if (flags.createsDataDirectory) return undefined;
  const named = said(flags.context, environment, "MACHINIST_CONTEXT");
  if (named !== undefined) return new Contexts(environment).read(named);
  const isPlaceNamed =
    said(flags.data, environment, "MACHINIST_DATA") ??
    said(flags.store, environment, "MACHINIST_STORE") ??
    said(flags.url, environment, "MACHINIST_URL");
  if (isPlaceNamed !== undefined || !(environment["HOME"] || environment["XDG_CONFIG_HOME"]))
    return undefined;
  const contexts = new Contexts(environment);
  const { selected } = contexts;
  return selected === undefined ? undefined : contexts.read(selected);
}

/** The daemon elsewhere that is named; undefined: that of the data directory. @throws INVALID_CONFIG */
export function daemonAddressOf({
  flags,
  environment,
  workingDirectory,
}: ConfigSources): DaemonAddress | undefined {
  const url = flags.createsDataDirectory ? undefined : said(flags.url, environment, "MACHINIST_URL");
  if (url === undefined) return undefined;
  const path = (file: string | undefined): string | undefined => file && resolve(workingDirectory, file);
  const tokenFile = path(said(flags.tokenFile, environment, "MACHINIST_TOKEN_FILE"));
  const { caFile, certFile, keyFile } = flags;
  return checkRemote({ url, tokenFile, caFile, certFile, keyFile }, origin(flags.url, "url"));
}
