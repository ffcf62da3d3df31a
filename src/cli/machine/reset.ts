/** `machinist reset` and `machinist forget`: a machine starts over. By the daemon, or on its records while none runs. */
import { Command } from "@commander-js/extra-typings";
import { isRemote } from "../../config/daemon-address.ts";
import { localUser } from "../../config/local-user.ts";
import { codeOf, MachinistError } from "../../lib/errors.ts";
import { silentLogger } from "../../lib/logger.ts";
import { acquireProcessLock } from "../../lib/process-lock.ts";
import { openRecords, type Records } from "../../machine/record.ts";
import { forgetRecord, type ResetOrder, resetRecord } from "../../machine/reset.ts";
import { askMachine } from "../ask-machine.ts";
import { askDaemon, route } from "../client.ts";
import { definitionsIn } from "../definitions-in.ts";
import { examples } from "../examples.ts";
import type { BeginInvocation, Invocation } from "../invocation.ts";
import { agreed } from "../kv-remove.ts";
import { withOwnStore } from "../kv-store.ts";
import { readMachines } from "../machine-answer.ts";

const whileItRuns = "do not ask, and do it while the machine runs: it is stopped and started again";

export function resetCommand(begin: BeginInvocation) {
  return new Command("reset")
    .description("put a machine back to its initial state, or to another one")
    .argument("<name>", "the machine")
    .option("--state <state>", "another state than the initial one")
    .option("--keep-data", "keep its data; without it watchers of keys act on the present values again")
    .option("-f, --force", whileItRuns)
    .addHelpText(
      "after",
      examples("machinist reset deploy", "machinist reset deploy --state IDLE --keep-data -f"),
    )
    .action(async (name, { state, keepData = false, force = false }) => {
      const invocation = await begin();
      await change(invocation, name, force, {
        verb: "reset",
        question: `Reset machine ${name} to ${state ?? "its initial state"}?`,
        byDaemon: async () => {
          const body = { ...(state === undefined ? {} : { state }), keepData, force };
          await askMachine(invocation, name, { below: ["reset"], method: "POST", body });
        },
        byHand: (records) => resetByHand(invocation, records, name, { state, keepData }),
      });
    });
}

export function forgetCommand(begin: BeginInvocation) {
  return new Command("forget")
    .description("remove a machine's state, data, cursors and history: it starts as a new one")
    .argument("<name>", "the machine; its file and its work directory stay")
    .option("-f, --force", whileItRuns)
    .addHelpText("after", examples("machinist forget deploy", "machinist forget deploy -f"))
    .action(async (name, { force = false }) => {
      const invocation = await begin();
      await change(invocation, name, force, {
        verb: "forget",
        question: `Forget state, data and history of machine ${name}?`,
        byDaemon: async () => {
          const path = `${route("machines", name)}?force=${force}`;
          await askDaemon(invocation.config.daemon, { method: "DELETE", path });
        },
        byHand: (records) => forgetRecord(records, name),
      });
    });
}

interface Change {
  readonly verb: "reset" | "forget";
  readonly question: string;
  readonly byDaemon: () => Promise<void>;
  readonly byHand: (records: Records) => Promise<void>;
}

async function change(
  invocation: Invocation,
  name: string,
  force: boolean,
  { verb, question, byDaemon, byHand }: Change,
): Promise<void> {
  const { output } = invocation;
  const isRunning = await daemonRuns(invocation);
  if (isRunning && !force) await refuseRunning(invocation, name);
  if (!(await agreed(invocation, question, force || undefined, `Skipping ${verb}`))) return;
  if (isRunning) await byDaemon();
  else await withRecords(invocation, byHand);
  if (output.json) await output.document({ machine: name, done: verb });
  else await output.line(`${name}: ${verb === "reset" ? "reset" : "forgotten"}`);
}

async function resetByHand(
  { config, surroundings }: Invocation,
  records: Records,
  name: string,
  order: Omit<ResetOrder, "by">,
): Promise<void> {
  const definition = (await definitionsIn(config.dropDirectories)).find((found) => found.name === name);
  if (!definition) throw noDefinition(name, config.dropDirectories);
  const parts = { clock: surroundings.clock, log: silentLogger };
  await resetRecord(records, definition, { ...order, by: `user ${localUser()}` }, parts);
}

async function daemonRuns({ config }: Invocation): Promise<boolean> {
  try {
    await askDaemon(config.daemon, { method: "GET", path: "/healthz" });
    return true;
  } catch (error) {
    // Only the records of this host can be changed by hand.
    if (codeOf(error) !== "DAEMON_NOT_RUNNING" || isRemote(config.daemon)) throw error;
    return false;
  }
}

/** Before any question. @throws WRONG_STATE */
async function refuseRunning({ config }: Invocation, name: string): Promise<void> {
  const machines = await askDaemon(config.daemon, { method: "GET", path: route("machines") });
  const isRunning = readMachines(machines).some((machine) => machine.name === name);
  if (!isRunning) return;
  throw new MachinistError(
    "WRONG_STATE",
    `machine ${name} runs. Remove its file or stop the daemon first; or use -f: the machine is stopped, changed and started again`,
    { details: { machine: name } },
  );
}

/** No daemon starts meanwhile. @throws STORE_NOT_FOUND, ALREADY_RUNNING */
async function withRecords(invocation: Invocation, use: (records: Records) => Promise<void>): Promise<void> {
  const { config, surroundings } = invocation;
  const lock = await acquireProcessLock({ directory: config.dataDirectory, name: "daemon" });
  try {
    await withOwnStore(invocation, async (store) => {
      const parts = { clock: surroundings.clock, log: silentLogger, random: Math.random };
      await use(await openRecords(store, parts));
    });
  } finally {
    await lock.release();
  }
}

function noDefinition(name: string, dropDirectories: readonly string[]): MachinistError {
  return new MachinistError(
    "MACHINE_NOT_FOUND",
    `there is no valid file of machine ${JSON.stringify(name)} in ${dropDirectories.join(", ")}: its initial state is not known. ` +
      "Check the file with `machinist validate`, or use `machinist forget`",
    { details: { machine: name } },
  );
}
