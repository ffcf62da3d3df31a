/** The checks of `machinist doctor`, one after the other. They change nothing, and make nothing. */
import { accessSync, constants, existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "../config/config.ts";
import { messageOf } from "../lib/errors.ts";
import { packageVersion } from "../lib/package.ts";
import { askDaemon, route } from "./client.ts";

export interface Check {
  readonly check: string;
  readonly state: "ok" | "problem";
  readonly text: string;
}

export async function* checks(config: Config): AsyncGenerator<Check> {
  yield ok("machinist", `${packageVersion()} on Node ${process.version}`);
  yield ok("Config file", config.file ?? "none, everything is as by default");
  yield dataDirectory(config.dataDirectory);
  for (const directory of config.dropDirectories) yield dropDirectory(directory);
  yield await daemon(config.socketPath);
  yield* storeChecks(config);
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

async function daemon(socketPath: string): Promise<Check> {
  try {
    const machines = await askDaemon(socketPath, { method: "GET", path: route("machines") });
    const count = Array.isArray(machines) ? machines.length : 0;
    return ok("Daemon", `running, with ${count} machines: see machinist list`);
  } catch (error) {
    const isAway = !existsSync(socketPath);
    return isAway
      ? ok("Daemon", "not running: start it with machinist run")
      : problem("Daemon", messageOf(error));
  }
}

async function* storeChecks({ storeUrl, dataDirectory, nats }: Config): AsyncGenerator<Check> {
  yield* storeCheck(storeUrl, nats, "");
  const own = `lmdb:${join(dataDirectory, "store")}`;
  // Where machines are kept, whatever store their watchers look at.
  if (own !== storeUrl) yield* storeCheck(own, {}, "Machines: ");
}

async function* storeCheck(url: string, nats: Config["nats"], prefix: string): AsyncGenerator<Check> {
  const { inspectStore } = await import("../kv/open.ts");
  try {
    for (const { name, text, isProblem } of await inspectStore(url, { nats })) {
      yield isProblem ? problem(prefix + name, text) : ok(prefix + name, text);
    }
  } catch (error) {
    yield problem(`${prefix}Store`, messageOf(error));
  }
}

function ok(check: string, text: string): Check {
  return { check, state: "ok", text };
}

function problem(check: string, text: string): Check {
  return { check, state: "problem", text };
}
