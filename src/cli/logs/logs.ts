/** `machinist logs`: what the commands of a machine printed, from the files of the data directory: no daemon is needed. */
import { Command } from "@commander-js/extra-typings";
import { isRemote, shownDaemon } from "../../config/daemon-address.ts";
import { followRuns } from "../../exec/output/follow.ts";
import { textOf } from "../../exec/output/output-file.ts";
import { type FoundRun, findRuns, outputOf, type RunFilter, type RunView } from "../../exec/output/runs.ts";
import { formatDuration } from "../../lib/duration.ts";
import { MachinistError, messageOf } from "../../lib/errors.ts";
import { examples } from "../examples.ts";
import type { BeginInvocation, Invocation } from "../invocation.ts";
import type { Output } from "../output.ts";
import { stopRequest } from "../stop-request.ts";
import { localTime, oneLine } from "../table.ts";
import { moment } from "../values.ts";

export function logsCommand(begin: BeginInvocation) {
  return new Command("logs")
    .description("the output of a machine's commands, of runs that ended and of those that run")
    .argument("<name>", "the machine; @TOPIC for the handlers of a topic")
    .argument("[watcher]", "only this watcher")
    .option(
      "--run <number|id>",
      "only this run, by its number or its MACHINE_RUN_ID: its output and nothing else",
    )
    .option("--follow", "go on with what comes, until Ctrl-C")
    .option("--since <time>", "runs that ended since then, or run: a time, or how long ago: 10m", moment)
    .addHelpText(
      "after",
      examples(
        "machinist logs deploy",
        "machinist logs deploy build --run 17",
        "machinist logs deploy --follow --since 10m",
      ),
    )
    .action(async (machine, watcher, { run, follow, since }) => {
      const invocation = await begin();
      refuseRemote(invocation);
      const sinceMs = since?.(invocation.surroundings.clock.now());
      const filter: RunFilter = { machine, watcher, run, sinceMs };
      if (follow) await followOutput(invocation, filter);
      else await printRuns(invocation, filter);
    });
}

/** The files of this host are not those of a daemon elsewhere. @throws UNSUPPORTED */
function refuseRemote({ config: { daemon } }: Invocation): void {
  if (!isRemote(daemon)) return;
  throw new MachinistError(
    "UNSUPPORTED",
    `logs reads files of this host, and the daemon is at ${shownDaemon(daemon)}: run it there, or ask that daemon for ` +
      "GET /v1/machines/NAME/runs",
  );
}

async function printRuns({ config, output }: Invocation, filter: RunFilter): Promise<void> {
  const found = runsOf(config.dataDirectory, filter);
  if (output.json)
    await output.document(found.map((run) => ({ ...run.view, output: textOf(outputOf(run)) })));
  else for (const run of found) await printRun(output, run, filter);
}

async function printRun(output: Output, run: FoundRun, filter: RunFilter): Promise<void> {
  // One run is what a program reads on: only what it printed goes there.
  if (filter.run === undefined) await output.line(output.paint.bold(headOf(run.view)));
  else output.message(headOf(run.view));
  await printBytes(output, outputOf(run));
}

async function followOutput({ config, surroundings, output }: Invocation, filter: RunFilter): Promise<void> {
  using stop = stopRequest(surroundings, undefined);
  let last: string | undefined;
  const parts = { clock: surroundings.clock, signal: stop.signal };
  for await (const { view, bytes } of followRuns(config.dataDirectory, filter, parts)) {
    if (output.json) await output.document({ ...view, output: textOf(bytes) });
    else {
      const head = headOf(view);
      if (head !== last) await output.line(output.paint.bold(head));
      last = head;
      await printBytes(output, bytes);
    }
  }
}

/** @throws RUN_NOT_FOUND, FAILED when the files cannot be read */
function runsOf(dataDirectory: string, filter: RunFilter): FoundRun[] {
  const found = readable(dataDirectory, filter);
  const { machine, watcher, run } = filter;
  const watchers = [...new Set(found.map(({ view }) => view.watcher))];
  if (run !== undefined && watchers.length > 1) {
    const names = watchers.join(", ");
    throw new MachinistError(
      "USAGE",
      `several watchers of ${machine} have a run ${run}: ${names}; name one of them`,
    );
  }
  if (found.length > 0) return found;
  const whose = watcher === undefined ? machine : `${machine}, watcher ${watcher}`;
  const wanted = run === undefined ? "no runs" : `no run ${run}`;
  const since = filter.sinceMs === undefined ? "" : " since then";
  throw new MachinistError(
    "RUN_NOT_FOUND",
    `${dataDirectory} has ${wanted} of ${whose}${since}; \`machinist list\` shows the machines, and --data chooses another directory`,
  );
}

function readable(dataDirectory: string, filter: RunFilter): FoundRun[] {
  try {
    return findRuns(dataDirectory, filter);
  } catch (cause) {
    throw new MachinistError(
      "FAILED",
      `the logs in ${dataDirectory} cannot be read: ${messageOf(cause)}; only the user that runs the daemon may read them`,
      { cause },
    );
  }
}

function headOf(view: RunView): string {
  const { machine, watcher, run, started, transition, from, to, outcome } = view;
  const moved = transition === null ? "" : `, ${transition}: ${from} to ${to}`;
  const seen = outcome === null ? "" : `, ${outcome}`;
  return oneLine(
    `== ${machine} ${watcher} run ${run}, ${localTime(new Date(started))}: ${endOf(view)}${seen}${moved} ==`,
  );
}

function endOf({ status, end, durationMs }: RunView): string {
  if (status === "running") return "running";
  if (end === null) return "lost";
  return durationMs ? `${end} after ${formatDuration(durationMs)}` : end;
}

/** As it was printed, and ended by a newline. */
async function printBytes(output: Output, bytes: Buffer): Promise<void> {
  if (bytes.length === 0) return;
  await output.bytes(bytes);
  if (bytes.at(-1) !== 10) await output.bytes("\n");
}
