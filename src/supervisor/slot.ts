/**
 * One machine file of a drop directory: what it says and what runs of it. Notifications only mean "look again": the slot
 * reads the file, compares, and starts, replaces, keeps or stops its machine, one step at a time.
 */
import { basename, dirname } from "node:path";
import { checkDefinition, contentHash } from "../definition/definition.ts";
import type { Fault } from "../definition/fault.ts";
import { withoutYaml } from "../definition/file-names.ts";
import { isShadowed, readMachineFile } from "../definition/find.ts";
import type { Definition, WatcherDefinition } from "../definition/shape.ts";
import { Backoff } from "../lib/backoff.ts";
import type { CancelTimer } from "../lib/clock.ts";
import { codeOf, messageOf } from "../lib/errors.ts";
import type { JsonObject } from "../lib/json.ts";
import { admitInput } from "../machine/loops.ts";
import { Machine } from "../machine/machine.ts";
import type { MachineServices } from "../machine/services.ts";
import type { KnownDocuments } from "./known-documents.ts";

export interface SlotHost {
  readonly services: MachineServices;
  readonly documents: KnownDocuments;
  readonly drainMs: number;
  /** Takes a machine name for a file; the file that has it already when another one has. */
  claim(name: string, file: string): Promise<string | undefined>;
  release(name: string, file: string): void;
}

export class Slot {
  readonly file: string;
  readonly #host: SlotHost;
  readonly #backoff = new Backoff();
  #machine: Machine | undefined;
  /** What runs, or is to run as soon as it can be started. */
  #wanted: Definition | undefined;
  /** Name that its definition bears and another file's machine has. */
  waitsFor: string | undefined;
  /** Name that this slot holds among all slots. */
  #claimed: string | undefined;
  #faults: readonly Fault[] = [];
  /** The file as it was read last; undefined when it could not be. */
  #read: Uint8Array | undefined;
  /** The file that the machine was made from, and its warnings. */
  #adopted: { readonly bytes: Uint8Array; readonly warnings: readonly Fault[] } | undefined;
  #problem: string | undefined;
  #step: Promise<void> = Promise.resolve();
  #isDirty = false;
  #isStopped = false;
  #cancelRetry: CancelTimer = () => undefined;

  constructor(file: string, host: SlotHost) {
    this.file = file;
    this.#host = host;
  }

  /** The name of its machine; before one ever ran, that of the file or its directory. */
  get name(): string {
    const own = withoutYaml(basename(this.file));
    return this.#claimed ?? (own === "machine" ? basename(dirname(this.file)) : own);
  }
  get machine(): Machine | undefined {
    return this.#machine;
  }
  /** What runs, or is to run: set while its machine is replaced or cannot be started. */
  get definition(): Definition | undefined {
    return this.#wanted;
  }
  /** Faults of the file as it is now; with errors in it the last good definition runs on. */
  get faults(): readonly Fault[] {
    return this.#faults;
  }
  /** Why the machine does not run though its file is good, why the file could not be read, or why it cannot change its state. */
  get problem(): string | undefined {
    return this.#problem ?? (this.#machine && this.#host.services.records.problemOf(this.name));
  }

  /** The machine file that runs; without a machine, the file as it was read last. */
  get source(): Uint8Array | undefined {
    return this.#machine ? this.#adopted?.bytes : this.#read;
  }
  /** The file as it was read last, when what runs is not made from it. */
  get edited(): Uint8Array | undefined {
    return this.#read === this.source ? undefined : this.#read;
  }

  /** Nothing runs, nothing is wrong and nothing is asked: the slot may be forgotten. */
  get isVacant(): boolean {
    return !(this.#machine || this.#isDirty || this.#problem) && this.#faults.length === 0;
  }

  /** Looks at the file again; resolves when what runs agrees with it as far as it can. */
  reconcile(): Promise<void> {
    this.#isDirty = true;
    return this.#then(() => this.#agree());
  }

  /** Stops the machine, lets `change` have its record, and starts it again whatever came of that. Rejects as `change` does. */
  restartAround(change: () => Promise<void>): Promise<void> {
    return new Promise((resolve, reject) => {
      void this.#then(async () => {
        const definition = this.#machine?.definition;
        await this.#machine?.stop(this.#host.drainMs);
        this.#machine = undefined;
        const changed = change();
        await changed.catch(() => undefined);
        try {
          if (definition && !this.#isStopped) await this.#startMachine(definition);
        } finally {
          changed.then(resolve, reject);
        }
      });
    });
  }

  /** Stops the machine for good. */
  stop(): Promise<void> {
    this.#isStopped = true;
    return this.#then(() => this.#stopMachine());
  }

  /** Resolves when the machine that is being started, replaced or stopped now is so, or could not be. */
  settled(): Promise<void> {
    return this.#step;
  }

  /** Whether an input may reach a watcher while its machine does not run. @throws as `Watcher.admit` */
  async admit(watcher: WatcherDefinition, input: JsonObject): Promise<void> {
    const { services } = this.#host;
    if (this.#wanted) await admitInput(watcher, input, { definition: this.#wanted, instance: "", services });
  }

  #then(step: () => Promise<void>): Promise<void> {
    this.#step = this.#step.then(step).catch((cause: unknown) => this.#failed(cause));
    return this.#step;
  }

  async #agree(): Promise<void> {
    // Several notifications in a row need one look.
    if (!this.#isDirty || this.#isStopped) return;
    this.#isDirty = false;
    this.#cancelRetry();
    this.#problem = undefined;
    this.waitsFor = undefined;
    try {
      this.#read = undefined;
      if (await isShadowed(this.file)) return await this.#goneFile();
      const bytes = await readMachineFile(this.file);
      if (this.#machine && this.#adopted && contentHash(bytes) === this.#machine.definition.hash) {
        this.#read = this.#adopted.bytes;
        this.#faults = this.#adopted.warnings;
      } else await this.#adopt(bytes);
    } catch (cause) {
      if (codeOf(cause) === "FILE_NOT_FOUND") return this.#goneFile();
      this.#failed(cause);
    }
  }

  async #goneFile(): Promise<void> {
    this.#faults = [];
    this.#wanted = undefined;
    if (this.#machine)
      this.#host.services.log.info("machine removed", { machine: this.name, file: this.file });
    await this.#stopMachine();
  }

  async #adopt(bytes: Uint8Array): Promise<void> {
    const { services, documents } = this.#host;
    const cache = await documents.of(bytes);
    const { definition, faults, hostFaults } = checkDefinition(bytes, {
      file: this.file,
      types: services.types,
      cache,
      commandPath: services.commands.baseEnvironment["PATH"] ?? "",
    });
    this.#faults = faults;
    this.#read = bytes;
    this.#logFaults([...faults, ...hostFaults]);
    if (!definition) {
      const runsOn = this.#machine ? "the last good definition runs on" : "it does not run";
      services.log.error(`a machine file is not valid; ${runsOn}`, { file: this.file });
      return;
    }
    const holder = await this.#host.claim(definition.name, this.file);
    if (holder !== undefined) {
      this.waitsFor = definition.name;
      this.#problem = `machine ${definition.name} runs from ${holder} already; give this one another name`;
      services.log.error(this.#problem, { file: this.file });
      return;
    }
    this.#wanted = definition;
    const isNew = this.#machine === undefined;
    await this.#stopMachine(definition.name);
    this.#claimed = definition.name;
    this.#adopted = { bytes, warnings: faults };
    await this.#startMachine(definition);
    services.log.info(isNew ? "machine runs" : "machine replaced", {
      machine: definition.name,
      file: this.file,
    });
  }

  #logFaults(faults: readonly Fault[]): void {
    const { log } = this.#host.services;
    const levels = { error: "error", warning: "warn", info: "info" } as const;
    for (const { severity, line, column, message } of faults)
      log[levels[severity]](message, { place: `${this.file}:${line}:${column}` });
  }

  async #startMachine(definition: Definition): Promise<void> {
    this.#machine = await Machine.start(definition, this.#host.services);
    this.#backoff.reset();
  }

  /** @param keep a name that stays claimed */
  async #stopMachine(keep?: string): Promise<void> {
    this.#cancelRetry();
    const machine = this.#machine;
    await machine?.stop(this.#host.drainMs);
    if (machine && !this.#isStopped) this.#host.documents.forget(machine.definition.hash);
    this.#machine = undefined;
    if (this.#claimed !== undefined && this.#claimed !== keep) this.#host.release(this.#claimed, this.file);
    this.#claimed = keep;
  }

  #failed(cause: unknown): void {
    const { clock, log, random } = this.#host.services;
    this.#problem = messageOf(cause);
    const retryMs = this.#backoff.next(random());
    log.error("a machine could not be started", {
      file: this.file,
      reason: this.#problem,
      code: codeOf(cause),
      retryMs,
    });
    if (!this.#isStopped) this.#cancelRetry = clock.after(retryMs, () => void this.reconcile());
  }
}
