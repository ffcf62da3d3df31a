/** All machines of a daemon: one slot for each machine file of the drop directories. Knows files and names, no states. */
import { resolve } from "node:path";
import type { CommandRequest } from "../exec/command.ts";
import { MachinistError, messageOf } from "../lib/errors.ts";
import { hookCommand } from "../machine/hook-command.ts";
import type { Machine } from "../machine/machine.ts";
import type { LastTransition } from "../machine/record.ts";
import { forgetRecord, type ResetOrder, resetRecord } from "../machine/reset.ts";
import type { MachineServices } from "../machine/services.ts";
import { watchDropDirectory } from "./drop-directory.ts";
import type { KnownDocuments } from "./known-documents.ts";
import { Slot, type SlotHost } from "./slot.ts";

export interface SupervisorOptions {
  readonly documents: KnownDocuments;
  readonly dropDirectories: readonly string[];
  /** How long running looks may take to finish when a machine is stopped. */
  readonly drainMs: number;
  /** Called when no file holds this machine name any more; one that waits for it may take it over next. */
  readonly onGone: (machine: string) => void;
}

/** One transition of a machine's past, and the revision of the record that holds it. */
export interface HistoryLine extends LastTransition {
  readonly revision: number;
}

/** `force`: also when the machine runs. Default: false. */
interface Forced {
  readonly force?: boolean | undefined;
}

export type HookCommand = Pick<CommandRequest, "argv" | "directory" | "environment" | "files" | "timeoutMs">;

export class Supervisor {
  readonly #services: MachineServices;
  readonly #options: SupervisorOptions;
  readonly #host: SlotHost;
  readonly #slots = new Map<string, Slot>();
  readonly #holders = new Map<string, string>();
  /** While the supervisor starts: when a file may claim its name, and that it has. */
  readonly #turns = new Map<string, { readonly before: Promise<void>; readonly pass: () => void }>();
  readonly #undo: (() => Promise<void>)[] = [];
  #isStopping = false;

  constructor(services: MachineServices, options: SupervisorOptions) {
    this.#services = services;
    this.#options = options;
    this.#host = {
      services,
      documents: options.documents,
      drainMs: options.drainMs,
      claim: (name, file) => this.#claim(name, file),
      release: (name, file) => this.#release(name, file),
    };
  }

  /** Resolves when every machine that is there runs, or is known not to be able to. */
  async start(): Promise<void> {
    const found: string[] = [];
    for (const directory of this.#options.dropDirectories) {
      const here: string[] = [];
      let isStarting = true;
      const stop = await watchDropDirectory(resolve(directory), {
        present: (file) => {
          if (isStarting) here.push(file);
          else void this.#slot(file).reconcile();
        },
        gone: (file) => void this.#gone(file),
        passedOver: (file, message) => this.#services.log.warn(message, { file }),
        failed: (cause) =>
          this.#services.log.error("watching failed", { directory, reason: messageOf(cause) }),
      });
      this.#undo.push(stop);
      isStarting = false;
      found.push(...here.sort());
    }
    await this.#startAll(found);
  }

  /** All at once, but they claim their names in this order: of two files with one name the same one runs after each start. */
  async #startAll(files: readonly string[]): Promise<void> {
    let before = Promise.resolve();
    const started = files.map((file) => {
      let pass = (): void => undefined;
      const passed = new Promise<void>((resolve) => {
        pass = resolve;
      });
      this.#turns.set(file, { before, pass });
      before = before.then(() => passed);
      return this.#slot(file).reconcile().finally(pass);
    });
    await Promise.all(started);
    this.#turns.clear();
  }

  /** Sorted by name. */
  get slots(): readonly Slot[] {
    return [...this.#slots.values()].sort((left, right) => (left.name < right.name ? -1 : 1));
  }

  /** @throws MACHINE_NOT_FOUND, STOPPED when its file is there but it does not run */
  machine(name: string): Machine {
    const slot = this.slot(name);
    if (slot.machine) return slot.machine;
    throw new MachinistError("STOPPED", `machine ${name} does not run: ${whyNot(slot)}`);
  }

  /** @throws MACHINE_NOT_FOUND */
  slot(name: string): Slot {
    const holder = this.#holders.get(name);
    const slot = this.#slots.get(holder ?? "") ?? this.slots.find((candidate) => candidate.name === name);
    if (slot) return slot;
    const running = this.slots.map((known) => known.name).join(", ") || "none";
    throw new MachinistError(
      "MACHINE_NOT_FOUND",
      `there is no machine ${JSON.stringify(name)}; there are: ${running}`,
    );
  }

  /**
   * What a watcher would run now, with all of its environment. @throws MACHINE_NOT_FOUND, STOPPED, and as `hookCommand`
   */
  async hookCommand(name: string, watcher: string): Promise<HookCommand> {
    const { argv, directory, environment, files, timeoutMs, runId } = await hookCommand(
      this.machine(name),
      watcher,
      this.#services,
    );
    const { baseEnvironment } = this.#services.commands;
    const whole = { ...baseEnvironment, ...environment, MACHINE_RUN_ID: `${runId}.by-hand` };
    return { argv, directory, environment: whole, files, timeoutMs };
  }

  /** Transitions that a machine's record still remembers, newest first. @throws MACHINE_NOT_FOUND */
  async history(name: string): Promise<readonly HistoryLine[]> {
    const found = await this.#services.records.history(this.slot(name).name);
    return found
      .flatMap(({ record, revision }) => (record.last ? [{ ...record.last, revision }] : []))
      .reverse();
  }

  /**
   * Puts a machine back to its initial state or another one, see `resetRecord`. It is stopped for that, and started again.
   * @throws WRONG_STATE when it runs, unless `force`; MACHINE_NOT_FOUND, INVALID_ARGUMENT, STOPPED
   */
  async reset(name: string, order: ResetOrder & Forced): Promise<void> {
    const { records, clock, log } = this.#services;
    const { definition } = this.machine(name);
    await this.#around(name, order, async () => {
      await resetRecord(records, definition, order, { clock, log });
    });
    log.warn("a machine was reset", { machine: name, by: order.by });
  }

  /**
   * Removes all that is kept of a machine. One that runs starts again as a new one.
   * @throws WRONG_STATE when it runs, unless `force`; MACHINE_NOT_FOUND
   */
  async forget(name: string, order: Forced & { readonly by: string }): Promise<void> {
    const { records, log } = this.#services;
    await this.#around(name, order, () => forgetRecord(records, name));
    log.warn("a machine was forgotten", { machine: name, by: order.by });
  }

  async #around(name: string, { force = false }: Forced, change: () => Promise<void>): Promise<void> {
    const slot = this.#slots.get(this.#holders.get(name) ?? "");
    if (!slot?.machine) return change();
    if (force) return slot.restartAround(change);
    throw new MachinistError(
      "WRONG_STATE",
      `machine ${name} runs: its record can be changed only while it does not. Use force (-f): it is stopped, and started again after the change`,
      { details: { machine: name } },
    );
  }

  /** The host's facts are others than before. */
  factsChanged(): void {
    for (const { machine } of this.#slots.values()) machine?.dataChanged();
  }

  /** Drains and stops all machines. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    await Promise.all(this.#undo.splice(0).map((undo) => undo()));
    await Promise.all([...this.#slots.values()].map((slot) => slot.stop()));
  }

  #slot(file: string): Slot {
    const known = this.#slots.get(file);
    if (known) return known;
    const slot = new Slot(file, this.#host);
    this.#slots.set(file, slot);
    return slot;
  }

  async #claim(name: string, file: string): Promise<string | undefined> {
    const turn = this.#turns.get(file);
    await turn?.before;
    turn?.pass();
    const holder = this.#holders.get(name) ?? file;
    this.#holders.set(name, holder);
    return holder === file ? undefined : holder;
  }

  /** A file that waits for this name gets its turn. */
  #release(name: string, file: string): void {
    if (this.#holders.get(name) === file) this.#holders.delete(name);
    if (this.#isStopping) return;
    this.#options.onGone(name);
    for (const slot of this.#slots.values()) if (slot.waitsFor === name) void slot.reconcile();
  }

  async #gone(file: string): Promise<void> {
    const slot = this.#slots.get(file);
    if (!slot) return;
    await slot.reconcile();
    if (slot.isVacant) this.#slots.delete(file);
  }
}

function whyNot(slot: Slot): string {
  const error = slot.faults.find(({ severity }) => severity === "error");
  return (
    slot.problem ?? (error ? `${slot.file}:${error.line}:${error.column} ${error.message}` : "it is starting")
  );
}
