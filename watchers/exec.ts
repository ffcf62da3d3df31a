/**
 * The exec watcher: runs a command for the machine and reads its end as success or failure. This file joins the parts in
 * exec/ to the contract; it starts no process itself.
 */
import type { CommandResult } from "../src/exec/command.ts";
import { runMachineCommand } from "../src/exec/machine-command.ts";
import { parseCommandWords } from "../src/lib/command-words.ts";
import { codeOf, messageOf } from "../src/lib/errors.ts";
import type { JsonObject } from "../src/lib/json.ts";
import { parseTemplate, type Template } from "../src/lib/template.ts";
import { governed } from "../src/watching/governed.ts";
import { governorIn } from "../src/watching/governor-properties.ts";
import type { Look, Observation, Watcher, WatcherContext, WatcherType } from "../src/watching/watcher.ts";
import { checkExec } from "./exec/check.ts";
import { execOutcomes, failed, observationOf } from "./exec/outcome.ts";
import { type ExecProperties, execSchema, readExecProperties } from "./exec/properties.ts";

const shortestIntervalMs = 500;
const longestFirstWaitMs = 30_000;
const nanosecondsPerMs = 1_000_000;

export const exec: WatcherType<ExecProperties> = {
  type: "exec",
  schema: execSchema,
  minimumIntervalMs: shortestIntervalMs,
  initialOutcome: execOutcomes.initial,
  read: readExecProperties,
  check: checkExec,
  looksOncePerEntry: true,

  commands: ({ command, environment }) => [
    {
      text: command,
      path: ["properties", "command"],
      setsPath: environment.some(({ name }) => name === "PATH"),
    },
  ],
  resources: ({ governor }) => governorIn(governor),

  policy: ({ gatherInitialState }, intervalMs) => ({
    start: gatherInitialState ? { withinMs: longestFirstWaitMs } : "after-interval",
    entry: "at-once",
    // 0 is how Choria's documents say "only on transitions".
    intervalMs: intervalMs || undefined,
  }),

  create: (properties, context) => new ExecWatcher(properties, context),
};

class ExecWatcher implements Watcher {
  readonly #properties: ExecProperties;
  readonly #context: WatcherContext;
  readonly #words: readonly Template[];
  readonly #environment: readonly { readonly name: string; readonly value: Template }[];
  readonly #governor: Template;
  #previousOutcome: string = execOutcomes.initial;
  #previousRunMs = 0;

  constructor(properties: ExecProperties, context: WatcherContext) {
    this.#properties = properties;
    this.#context = context;
    this.#words = parseCommandWords(properties.command);
    this.#environment = properties.environment.map(({ name, value }) => ({
      name,
      value: parseTemplate(value),
    }));
    this.#governor = parseTemplate(properties.governor?.name ?? "");
  }

  async observe(look: Look, signal: AbortSignal): Promise<Observation> {
    const observation = await this.#attempt(look, signal);
    this.#previousOutcome = observation.outcome;
    return { ...observation, detail: this.#detail() };
  }

  async #attempt(look: Look, signal: AbortSignal): Promise<Observation> {
    try {
      const result = await this.#run(look, signal);
      if (!result) return { outcome: execOutcomes.skipped };
      this.#previousRunMs = result.durationMs;
      return observationOf(result, this.#properties);
    } catch (cause) {
      return failed(this.#properties, messageOf(cause));
    }
  }

  /** @returns undefined when it was not begun, or is not waited for any more */
  async #run(look: Look, signal: AbortSignal): Promise<CommandResult | undefined> {
    const run = this.#governed(look, signal);
    return this.#properties.disown ? unlessAborted(run, signal) : run;
  }

  async #governed(look: Look, signal: AbortSignal): Promise<CommandResult | undefined> {
    const { governor } = this.#properties;
    if (!governor) return this.#command(look, signal);
    const name = this.#governor.render({ data: look.data, facts: this.#context.facts() });
    const governance = { governor: name, timeoutMs: governor.timeoutMs, leaving: look.leaving };
    return governed(this.#context, governance, signal, (allowed) => this.#command(look, allowed));
  }

  async #command(look: Look, signal: AbortSignal): Promise<CommandResult> {
    const { disown, timeoutMs, parseAsData } = this.#properties;
    const scope = { data: look.data, facts: this.#context.facts() };
    const own = this.#environment.map(({ name, value }): [string, string] => [name, value.render(scope)]);
    const environment = Object.fromEntries(own);
    const command = {
      words: this.#words,
      scope,
      environment,
      timeoutMs,
      disown,
      readsStdout: parseAsData,
      look,
    };
    const result = await runMachineCommand(this.#context, command, signal);
    // Not the machine stopped it: somebody else may work in its slot by now.
    if (result.end.how === "stopped" && codeOf(signal.reason) === "LEASE_LOST") throw signal.reason;
    return result;
  }

  #detail(): JsonObject {
    return {
      command: this.#properties.command,
      previous_outcome: this.#previousOutcome,
      previous_run_time: this.#previousRunMs * nanosecondsPerMs,
    };
  }
}

/** A disowned command is not stopped with its watcher, so the watcher must not wait for it then. */
function unlessAborted<Result>(run: Promise<Result>, signal: AbortSignal): Promise<Result | undefined> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => resolve(undefined);
    signal.addEventListener("abort", onAbort, { once: true });
    run.finally(() => signal.removeEventListener("abort", onAbort)).then(resolve, reject);
  });
}
