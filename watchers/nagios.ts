/** The nagios watcher: runs a monitoring check and fires the transition that its result is named. This file joins the parts in nagios/. */
import { runMachineCommand } from "../src/exec/machine-command.ts";
import { parseCommandWords } from "../src/lib/command-words.ts";
import { messageOf } from "../src/lib/errors.ts";
import { isJsonObject, type Json, type JsonObject } from "../src/lib/json.ts";
import { parsePerfdata } from "../src/lib/perfdata.ts";
import type { Template } from "../src/lib/template.ts";
import { tracesOf } from "../src/watching/log-output.ts";
import type { Look, Observation, Watcher, WatcherContext, WatcherType } from "../src/watching/watcher.ts";
import { runBuiltin } from "./nagios/builtins.ts";
import { checkNagios } from "./nagios/check.ts";
import { gaugesOf } from "./nagios/gauges.ts";
import { historyOf, perfdataJson, withCheck } from "./nagios/history.ts";
import { type NagiosProperties, nagiosSchema, readNagiosProperties } from "./nagios/properties.ts";
import {
  type CheckResult,
  failedCheck,
  forcedCheckState,
  resultOf,
  statusCode,
  statusNames,
} from "./nagios/status.ts";

const shortestIntervalMs = 500;
/** Of a plugin's output, in events. */
const longestOutput = 8 * 1024;

export const nagios: WatcherType<NagiosProperties> = {
  type: "nagios",
  schema: nagiosSchema,
  minimumIntervalMs: shortestIntervalMs,
  initialOutcome: "NOTCHECKED",
  read: readNagiosProperties,
  check: checkNagios,
  commands: ({ plugin }) => (plugin === undefined ? [] : [{ text: plugin, path: ["properties", "plugin"] }]),

  transitions({ builtin }) {
    const fired = builtin === "heartbeat" ? ["OK"] : statusNames;
    return fired.map((name) => ({ name, path: ["type"] }));
  },

  policy: (_properties, intervalMs) => ({
    // The first check at a random moment, so that not all of a host come at once.
    start: intervalMs ? { withinMs: intervalMs } : "after-interval",
    entry: "on-schedule",
    intervalMs: intervalMs || undefined,
    forcedIn: forcedCheckState,
  }),

  create: (properties, context) => new NagiosWatcher(properties, context),
};

class NagiosWatcher implements Watcher {
  readonly #properties: NagiosProperties;
  readonly #context: WatcherContext;
  readonly #words: readonly Template[];

  constructor(properties: NagiosProperties, context: WatcherContext) {
    const { plugin } = properties;
    this.#properties = properties;
    this.#context = context;
    this.#words = plugin === undefined ? [] : parseCommandWords(plugin, { overrides: true });
    const { machine, showGauges } = context;
    showGauges(gaugesOf({ machine: machine.name, status: "UNKNOWN", checkedAtMs: undefined, checks: 0 }));
  }

  async observe(look: Look, signal: AbortSignal): Promise<Observation> {
    const { clock } = this.#context;
    const atMs = clock.now();
    const begin = clock.monotonic();
    const result = await this.#check(look, signal);
    if (!result) return { outcome: "SKIPPED" };
    return this.#observation(look, result, { atMs, runtimeMs: clock.monotonic() - begin });
  }

  /** undefined when it was stopped: that says nothing. */
  async #check(look: Look, signal: AbortSignal): Promise<CheckResult | undefined> {
    const { plugin, builtin = "" } = this.#properties;
    if (plugin === undefined) return runBuiltin(builtin, this.#context);
    try {
      const { machine, facts, overrides } = this.#context;
      const mine = overrides()[machine.name];
      const scope = { data: look.data, facts: facts(), overrides: isJsonObject(mine) ? mine : {} };
      const { timeoutMs, logOutput } = this.#properties;
      const command = { words: this.#words, scope, timeoutMs, readsStdout: true, look };
      const result = await runMachineCommand(this.#context, command, signal);
      if (result.end.how === "stopped") return undefined;
      return { ...resultOf(plugin, result), traces: tracesOf(result, logOutput) };
    } catch (cause) {
      return failedCheck(`plugin \`${plugin}\`: ${messageOf(cause)}`);
    }
  }

  #observation(
    look: Look,
    { status, output, error, traces }: CheckResult,
    { atMs, runtimeMs }: { readonly atMs: number; readonly runtimeMs: number },
  ): Observation {
    const { machine, showGauges } = this.#context;
    const perfdata = error === undefined ? parsePerfdata(output) : [];
    const history = withCheck(historyOf(look.cursor), { atMs, status, perfdata });
    showGauges(gaugesOf({ machine: machine.name, status, checkedAtMs: atMs, checks: look.runs + 1 }));
    const detail: JsonObject = {
      plugin: this.#properties.plugin ?? "",
      status,
      status_code: statusCode(status),
      output: output.slice(0, longestOutput),
      check_time: Math.floor(atMs / 1000),
      perfdata: perfdataJson(perfdata),
      runtime: runtimeMs / 1000,
      history,
      annotations: this.#properties.annotations,
    };
    const cursor: Json = { history };
    const found = { outcome: status, fire: { transition: status }, announce: true, cursor, detail, output };
    // Each look is a check that was made, whatever came of it.
    return { ...found, ...traces, completedRun: true, ...(error !== undefined && { error }) };
  }
}
