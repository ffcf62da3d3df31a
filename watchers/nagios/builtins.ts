/** Checks that need no plugin. */
import type { Store } from "../../src/kv/store.ts";
import type { Clock } from "../../src/lib/clock.ts";
import { codeOf, messageOf } from "../../src/lib/errors.ts";
import type { JsonObject } from "../../src/lib/json.ts";
import { type CheckResult, failedCheck } from "./status.ts";

/** What a builtin check may look at: the context of a watcher is one. */
export interface CheckedDaemon {
  readonly store: Store;
  readonly clock: Clock;
  readonly identity: string;
  readonly facts: () => JsonObject;
  readonly overrides: () => JsonObject;
}

type Builtin = (daemon: CheckedDaemon) => Promise<CheckResult>;

const builtins: ReadonlyMap<string, Builtin> = new Map([
  ["heartbeat", heartbeat],
  ["choria_status", daemonStatus],
  ["machinist_status", daemonStatus],
]);

export const builtinNames: readonly string[] = [...builtins.keys()];

/** Choria's documents may ask for it; machinist does not have it. */
export function isGoss(builtin: string): boolean {
  return builtin.startsWith("goss");
}

export async function runBuiltin(name: string, daemon: CheckedDaemon): Promise<CheckResult> {
  const check = builtins.get(name);
  return check ? check(daemon) : failedCheck(`builtin ${name}: machinist does not come with it`);
}

async function heartbeat({ clock }: CheckedDaemon): Promise<CheckResult> {
  return { status: "OK", output: String(Math.floor(clock.now() / 1000)) };
}

/** No bucket need have this name: that there is none is an answer too. */
const askedBucket = "MACHINIST_STATUS";

/** Can this daemon's machines do their work: does the store answer, and can the host's files be read? */
async function daemonStatus({
  store,
  clock,
  identity,
  facts,
  overrides,
}: CheckedDaemon): Promise<CheckResult> {
  const begin = clock.monotonic();
  try {
    await store.openBucket(askedBucket);
  } catch (cause) {
    if (codeOf(cause) !== "BUCKET_NOT_FOUND") {
      return { status: "CRITICAL", output: `CRITICAL: the store does not answer: ${messageOf(cause)}` };
    }
  }
  const seconds = (clock.monotonic() - begin) / 1000;
  try {
    facts();
    overrides();
  } catch (cause) {
    return { status: "WARNING", output: `WARNING: ${messageOf(cause)}` };
  }
  const measured = `store=${seconds.toFixed(3)}s uptime=${Math.floor(process.uptime())}s`;
  return { status: "OK", output: `OK: the daemon on ${identity} runs and its store answers | ${measured}` };
}
