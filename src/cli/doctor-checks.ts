/** The checks of `machinist doctor`, one after the other. They change nothing, and make nothing. */
import { accessSync, constants, existsSync, readdirSync, statSync } from "node:fs";
import type { Config } from "../config/config.ts";
import type { WatchedBucket } from "../kv/inspection.ts";
import { messageOf } from "../lib/errors.ts";
import { packageVersion } from "../lib/package.ts";
import { type Check, ok, problem } from "./doctor/check.ts";
import { askForMachines } from "./doctor/daemon.ts";
import { allGovernorChecks } from "./doctor/governors.ts";
import { hookChecks } from "./doctor/hooks.ts";
import { internalBucketChecks } from "./doctor/internal-buckets.ts";
import { watchedBuckets } from "./doctor/watched-buckets.ts";

export interface CheckOptions {
  /** Read all of the embedded stores. */
  readonly verify?: true | undefined;
}

export async function* checks(config: Config, { verify }: CheckOptions = {}): AsyncGenerator<Check> {
  yield ok("machinist", `${packageVersion()} on Node ${process.version}`);
  yield ok("Config file", config.file ?? "none, everything is as by default");
  yield dataDirectory(config.dataDirectory);
  for (const directory of config.dropDirectories) yield dropDirectory(directory);
  // At the same time, so that a daemon that does not answer does not make the store wait.
  const stores = storeChecks(config);
  const daemon = await askForMachines(config.daemon);
  yield* daemon.checks;
  yield* await hookChecks(config);
  const found = await stores;
  yield* found;
  // A store with problems may take its time to answer.
  if (!found.some(({ state }) => state === "problem")) {
    yield* await internalBucketChecks(config);
    yield* await allGovernorChecks(config, daemon.machines);
  }
  if (!verify) return;
  yield* await integrityChecks(config.storeUrl, "");
  yield* await integrityChecks(config.stateUrl, "Machines: ");
}

async function integrityChecks(url: string, prefix: string): Promise<Check[]> {
  const check = `${prefix}Integrity`;
  const { verifyStore } = await import("../kv/open.ts");
  try {
    const found = await verifyStore(url);
    if (!found) return [ok(check, "not checked: the servers of NATS check what they store")];
    if (found.damage.length > 0) return found.damage.map(({ message }) => problem(check, message));
    return [ok(check, `${found.records} records, all intact`)];
  } catch (error) {
    return [problem(check, messageOf(error))];
  }
}

function dataDirectory(directory: string): Check {
  const check = "Data directory";
  if (!existsSync(directory))
    return ok(check, `${directory}, not there yet: the first command that needs it makes it`);
  try {
    accessSync(directory, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    return problem(
      check,
      `${directory} may not be used by this user (${messageOf(error)}): change its owner or mode`,
    );
  }
  const others = statSync(directory).mode & 0o077;
  if (others === 0 || process.platform === "win32") return ok(check, `${directory}, writable, private`);
  return problem(
    check,
    `${directory} is open to other users, who could run commands as you: chmod 700 ${directory}`,
  );
}

function dropDirectory(directory: string): Check {
  const check = "Drop directory";
  try {
    return ok(check, `${directory}, ${readdirSync(directory).length} files and directories`);
  } catch (error) {
    return problem(check, `${directory} cannot be read (${messageOf(error)}): make it, or name another`);
  }
}

async function storeChecks({ storeUrl, stateUrl, nats, dropDirectories }: Config): Promise<Check[]> {
  const watched = await watchedBuckets(dropDirectories);
  return [
    ...(await storeCheck(storeUrl, { nats, watched }, "")),
    // Where machines are kept, whatever store their watchers look at.
    ...(await storeCheck(stateUrl, {}, "Machines: ")),
  ];
}

async function storeCheck(
  url: string,
  options: { readonly nats?: Config["nats"]; readonly watched?: readonly WatchedBucket[] },
  prefix: string,
): Promise<Check[]> {
  const { inspectStore } = await import("../kv/open.ts");
  try {
    return (await inspectStore(url, options)).map(({ name, text, isProblem, isWarning }) => ({
      check: prefix + name,
      state: isProblem ? "problem" : isWarning ? "warning" : "ok",
      text,
    }));
  } catch (error) {
    return [problem(`${prefix}Store`, messageOf(error))];
  }
}
