/** A watcher that installs what a specification in its machine's data says: the part that all its types share. */
import { stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Clock } from "../clock.ts";
import { codeOf, messageOf } from "../errors.ts";
import type { Json, JsonObject } from "../json.ts";
import type { Logger } from "../logger.ts";
import type { SpecificationEntry } from "./entry.ts";
import { type Applied, Installation } from "./installation.ts";
import { readSpecification, type SpecificationKind, whyUnverified } from "./specification.ts";

export interface InstallerProperties {
  readonly dataItem: string;
  readonly purgeUnknown: boolean;
  readonly manageIntervalMs: number;
  /** As written; empty or undefined = none. */
  readonly publicKey: string | undefined;
  /** Absolute; undefined = where the managers are. */
  readonly directory: string | undefined;
  readonly prefix: string;
}

/** What of a watcher's context is used. */
export interface InstallerContext {
  readonly machine: { readonly directory: string };
  readonly commands: { readonly baseEnvironment: Readonly<Record<string, string>> };
  readonly identity: string;
  readonly facts: () => JsonObject;
  readonly clock: Clock;
  readonly log: Logger;
  /** Goes before the key of the properties. */
  readonly signingKey: string | undefined;
}

/** An observation, as far as it goes here. */
export interface Installed {
  readonly outcome: "updated" | "unchanged" | "error";
  readonly fire?: "success" | "fail";
  readonly patch?: Readonly<Record<string, undefined>>;
  readonly lookAgainInMs?: number;
  readonly announce: boolean;
  readonly detail: JsonObject;
  readonly error?: string;
}

/** Without what is added to each. */
type Found = Omit<Installed, "announce" | "detail">;

const nanosecondsPerMs = 1_000_000;

export class Installer {
  readonly #kind: SpecificationKind;
  readonly #properties: InstallerProperties;
  readonly #context: InstallerContext;
  readonly #publicKey: string | undefined;
  #installation: Installation | undefined;
  /** Names in the last specification that could be read. */
  #names: readonly string[] = [];

  constructor(kind: SpecificationKind, properties: InstallerProperties, context: InstallerContext) {
    this.#kind = kind;
    this.#properties = properties;
    this.#context = context;
    this.#publicKey = context.signingKey || properties.publicKey || undefined;
  }

  async observe({ data }: { readonly data: JsonObject }): Promise<Installed> {
    const { clock } = this.#context;
    const begun = clock.monotonic();
    const found = await this.#attempt(data);
    return {
      ...found,
      announce: found.outcome !== "unchanged",
      detail: {
        [this.#kind]: this.#names,
        previous_outcome: found.outcome,
        previous_run_time: Math.round((clock.monotonic() - begun) * nanosecondsPerMs),
      },
    };
  }

  async #attempt(data: JsonObject): Promise<Found> {
    const { dataItem } = this.#properties;
    const specification = Object.hasOwn(data, dataItem) ? data[dataItem] : undefined;
    if (specification === undefined) return failed(`there is no data item ${dataItem} yet`);
    try {
      const reason = this.#publicKey && whyUnverified(this.#kind, specification, this.#publicKey);
      if (reason) {
        const error = `data item ${dataItem} is not to be trusted and was removed: ${reason}`;
        return { ...failed(error), patch: { [dataItem]: undefined } };
      }
      const entries = this.#read(specification);
      return foundBy(await (await this.#opened()).apply(entries));
    } catch (cause) {
      if (codeOf(cause) === "FAILED") throw cause;
      return failed(`data item ${dataItem}: ${messageOf(cause)}`);
    }
  }

  #read(specification: Json): readonly SpecificationEntry[] {
    const entries = readSpecification(this.#kind, specification);
    this.#names = entries.map(({ name }) => name);
    return entries;
  }

  async #opened(): Promise<Installation> {
    if (this.#installation) return this.#installation;
    const { machine, commands, identity, facts, clock, log } = this.#context;
    const { directory, prefix, manageIntervalMs, purgeUnknown } = this.#properties;
    const own = machine.directory;
    const managers = (await hasOwnDirectory(own)) ? dirname(own) : own;
    const commandPath = commands.baseEnvironment["PATH"] ?? "";
    this.#installation = new Installation(
      { own, managers, managed: directory ?? managers, prefix, manageIntervalMs, purgeUnknown },
      { identity, facts, commandPath, clock, log },
    );
    return this.#installation;
  }
}

/** A machine that is a single file lies in the drop directory itself. */
async function hasOwnDirectory(directory: string): Promise<boolean> {
  const found = await Promise.all(
    ["machine.yaml", "machine.yml"].map((name) => stat(join(directory, name)).catch(() => undefined)),
  );
  return found.some((stats) => stats !== undefined);
}

function foundBy({ isChanged, skipped, failures, againInMs }: Applied): Found {
  const error = [...failures, ...skipped].join("; ");
  const again = againInMs === undefined ? {} : { lookAgainInMs: againInMs };
  if (failures.length > 0) return { ...failed(error), ...again };
  return {
    ...(isChanged ? { outcome: "updated", fire: "success" } : { outcome: "unchanged" }),
    ...(error === "" ? {} : { error }),
    ...again,
  };
}

function failed(error: string): Found {
  return { outcome: "error", fire: "fail", error };
}
