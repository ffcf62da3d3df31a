import { type Fault, faultsIn } from "../fault.ts";

const ofMachine = "test/machine/machine.test.ts";
const ofData = "test/machine/data.test.ts";

export const machineFaults: readonly Fault[] = [
  ...faultsIn(
    "src/machine/change.ts",
    ["test/machine/change.test.ts"],
    [
      ["record.transitions + 1", "record.transitions"],
      [" || after.data !== before.data", ""],
      [" || after.runs !== before.runs", ""],
      ["Object.hasOwn(object, key) ? object[key] : undefined", "object[key]"],
      [
        "{ ...(isJsonObject(found) ? found : {}), ...members }",
        "{ ...members, ...(isJsonObject(found) ? found : {}) }",
      ],
      [
        "merged(patched(record.data, change.patch), change.merge)",
        "patched(merged(record.data, change.merge), change.patch)",
      ],
      ["since: move.at", "since: record.since"],
      ["deepFreeze(next)", "next"],
      ["filter(([key, value]) => !jsonEqual(own(object, key), value))", "filter(() => true)"],
    ],
  ),
  ...faultsIn(
    "src/machine/committer.ts",
    ["test/machine/committer.test.ts", ofData],
    [
      ["await this.#carryOut({ by: change.by, completedRun: change.completedRun });", ""],
      ["      this.counters.stale += 1;\n", ""],
      ["      this.counters.limited += 1;\n", ""],
      ["      this.counters.illegal += 1;\n      const reason", "      const reason"],
      [
        "if (next.data !== this.#record.data)\n      checkDataSize",
        "checkDataSize",
        "data that fits when it came fits still",
      ],
      ['    if (weight === "nothing") return;\n', ""],
      ["if (hasNewData) this.#parts.onData();", "this.#parts.onData();"],
      [
        "    this.#record = next;\n    if (move) this.#parts.onMove(move);",
        "    if (move) this.#parts.onMove(move);\n    this.#record = next;",
      ],
      ["waitMs > 0", "waitMs >= 0"],
      ["await sleep(", "void sleep("],
      ["to === from ? undefined", "to === undefined ? undefined"],
      ["    this.abort();\n    await", "    await"],
      ["    await this.#queue.close();", "    void this.#queue.close();"],
      ["if (to === undefined) throw this.#refusal(transition, refusal);", ""],
      ["at: new Date(clock.now())", "at: new Date(0)"],
    ],
  ),
  ...faultsIn(
    "src/machine/steps.ts",
    ["test/machine/conditions.test.ts", "test/machine/committer.test.ts"],
    [
      ["    if (isAsked)\n", "    if (!isAsked && known)\n"],
      ['faults[0] ?? "its condition does not hold"', '"its condition does not hold"'],
      ["if (!snapshot.can(event)) return {};", ""],
      ["this.#known.get(state) ?? new Map", "new Map", "forgetting answers costs time only"],
    ],
  ),
  ...faultsIn(
    "src/machine/starting-record.ts",
    ["test/machine/starting-record.test.ts"],
    [
      ["record.transitions > 0", "record.transitions >= 0"],
      ["!reset && record.transitions", "record.transitions"],
      ["{ ...made.cursors, ...(", "{ ...("],
      ["if (!found || needsCommit(found, record))", "if (!found)"],
      ["    found.version !== record.version ||\n", ""],
      ["    found.definition !== record.definition ||\n", ""],
      ["    found.since !== record.since ||\n", ""],
      [
        "    found.transitions !== record.transitions ||\n",
        "",
        "who starts over in another state has another since as well",
      ],
      [
        " ||\n    Object.keys(found.cursors).length !== Object.keys(record.cursors).length",
        "",
        "a new subscription changes the hash",
      ],
      ["return { since: at };", "return {};"],
      ["record.cursors[cursorName(machine)] !== undefined", "record.cursors[cursorName(machine)] === null"],
      ["transitions: record.transitions + 1, last", "transitions: record.transitions, last"],
      ['definition.onRestart === "reset"', 'definition.onRestart !== "reset"'],
    ],
  ),
  ...faultsIn(
    "src/machine/adopted-data.ts",
    [ofData],
    [
      ["if (basename(file) !== machineFileName) return {};", ""],
      ["    checkDataSize(name, data);\n", ""],
      ['if (isJsonObject(cause) && cause["code"] === "ENOENT") return {};', ""],
    ],
  ),
  ...faultsIn(
    "src/machine/data-limit.ts",
    [ofData],
    [
      ["bytes <= largestDataBytes", "bytes < largestDataBytes"],
      ["other.bytes > one.bytes ? other : one", "other.bytes > one.bytes ? one : other"],
    ],
  ),
  ...faultsIn(
    "src/machine/rate-limit.ts",
    ["test/machine/rate-limit.test.ts"],
    [
      [">= quietMs", "> quietMs"],
      ["nowMs + waitMs", "nowMs"],
      ["delaysMs.length - 1", "delaysMs.length - 2"],
      ["0.5 + random", "random"],
    ],
  ),
  ...faultsIn(
    "src/machine/queue.ts",
    ["test/machine/queue.test.ts"],
    [
      ["    this.#pump = undefined;\n", ""],
      ["      job.refuse(stopped());\n", ""],
      ["    if (running) running.next = undefined;\n", ""],
      ["    await this.#pump;\n", ""],
      ["      job.refuse(stopped());\n      this.#depth -= 1;", "      job.refuse(stopped());"],
    ],
  ),
  ...faultsIn(
    "src/machine/compile.ts",
    ["test/machine/compile.test.ts", "test/machine/conditions.test.ts"],
    [
      ["stateMatch.length === 0 || ", ""],
      ["[definition.initialState, chart]", "[chart]"],
      ["transition.when?.text]]", "undefined]]"],
      ["reenter: false, ...(", "reenter: true, ...("],
      ["only && others.length === 0", "only"],
    ],
  ),
  ...faultsIn(
    "src/machine/governors.ts",
    ["test/machine/governors.test.ts"],
    [
      ['tell(parts, request, "timeouts", 0)', "undefined"],
      ['      tell(parts, request, "exit", lease.fence);\n', ""],
      ["AbortSignal.any([signal, late.signal])", "late.signal"],
      ["    cancel();\n", ""],
      [
        "late.signal.aborted && cause === late.signal.reason",
        "late.signal.aborted",
        "the wait fails with what ended it first",
      ],
      ["        await lease.release();\n", ""],
    ],
  ),
  ...faultsIn(
    "src/machine/governor-bucket.ts",
    ["test/machine/governors.test.ts", "test/cli/governor.test.ts"],
    [
      ["capacity !== status.capacity", "capacity > status.capacity"],
      ["ttlMs !== undefined && ttlMs !== status.ttlMs", "ttlMs !== status.ttlMs"],
      ['code === "BUCKET_NOT_FOUND" || code === "KEY_NOT_FOUND"', 'code === "KEY_NOT_FOUND"'],
      ['if (codeOf(cause) === "BUCKET_NOT_FOUND") return [];', ""],
    ],
  ),
  ...faultsIn(
    "src/machine/subscriptions.ts",
    ["test/machine/subscriptions.test.ts"],
    [
      ["record.transitions <= seen.transitions", "record.transitions < seen.transitions"],
      ["slice(last + 1)", "slice(last)"],
      ["record.id === seen.id && ", ""],
      ["to.machine === happened.machine && ", ""],
      ["[...new Set(names)]", "names"],
    ],
  ),
  ...faultsIn(
    "src/machine/roster.ts",
    ["test/machine/roster.test.ts"],
    [
      ["      if (entries.get(entry.name) !== entry) return;\n", ""],
      ["      entries.delete(entry.name);\n      changed(entry.name);", "      entries.delete(entry.name);"],
      ["callbacks.delete(callback);", ""],
    ],
  ),
  ...faultsIn(
    "src/machine/record.ts",
    ["test/machine/record.test.ts"],
    [
      [' || note["revision"] !== revision', ""],
      ["record.last !== null && ", ""],
      ["record.transitions !== transitions", "true"],
      ["this.revision === 0\n", "this.revision >= 0\n"],
      ['value["format"] !== format', 'typeof value["format"] !== typeof format'],
      ['typeof value[field ?? ""] !== type', 'value[field ?? ""] === undefined'],
      ["history: 64", "history: 32"],
    ],
  ),
  ...faultsIn(
    "src/machine/loops.ts",
    ["test/machine/submit.test.ts"],
    [
      ["join(services.workDirectory, name)", "services.workDirectory"],
      ["services.gauges.show(owner, gauges)", "services.gauges.show({ ...owner, watcher: name }, gauges)"],
    ],
  ),
  ...faultsIn(
    "src/machine/machine.ts",
    [ofMachine, ofData, "test/machine/switch.test.ts", "test/machine/submit.test.ts"],
    [
      ["if (visit === this.record.transitions) this.#noteSuccess", "this.#noteSuccess"],
      [' || seen.fire === "fail"', ""],
      [' || seen.outcome === "skipped"', ""],
      ["if (reason === this.#lastErrors.get(watcher)) return;", ""],
      ["if (reason === undefined) this.#lastErrors.delete(watcher);", "if (reason === undefined) return;"],
      ["    this.#services.roster.leave(this);\n", ""],
      ["/ 1000) * 1000", "/ 1000) * 1001"],
      ['if (this.#mode !== "starting") for', "for"],
      ["      if (seen.message) this.#say(name, seen.message);\n", ""],
      ["return !isStale();", "return true;"],
      ["        for (const transition of others) await commit({ by, transition });\n", ""],
      ["    cancel();\n", ""],
      ["for (const undo of this.#undo.splice(0)) undo();", ""],
      [
        "this.clock.after(drainMs, () => this.#committer.abort())",
        "this.clock.after(drainMs, () => undefined)",
      ],
      ['if (this.#mode === "starting") return;', ""],
      ["    await this.#committer.close();\n", ""],
      ["completedRun: seen.completedRun ? watcher.name : undefined", "completedRun: undefined"],
      ["this.#services.roster.changed(this.name);", ""],
      ["if (loop) return loop.request(input);", "if (loop) loop.request(input);"],
    ],
  ),
];
