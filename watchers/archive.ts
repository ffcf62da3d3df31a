/**
 * The archive watcher: keeps the content of an archive installed in a directory. This file joins the parts in archive/ to the
 * contract.
 */
import { resolve } from "node:path";
import { formatDuration } from "../src/lib/duration.ts";
import { MachinistError, messageOf } from "../src/lib/errors.ts";
import type { JsonObject } from "../src/lib/json.ts";
import { parseSize } from "../src/lib/size.ts";
import { parseTemplate, type Template } from "../src/lib/template.ts";
import { governed } from "../src/watching/governed.ts";
import { governorIn } from "../src/watching/governor-properties.ts";
import type { Look, Observation, Watcher, WatcherContext, WatcherType } from "../src/watching/watcher.ts";
import { checkArchive } from "./archive/check.ts";
import { parseChecksum } from "./archive/checksum.ts";
import { withDeadline } from "./archive/deadline.ts";
import { fetchArchive, type Wanted } from "./archive/fetch.ts";
import { innerPath } from "./archive/inner-path.ts";
import { archiveOutcomes, failed, skipped, succeeded } from "./archive/outcome.ts";
import { isDirectory, mend, type Place, placeOf, prepare, replace } from "./archive/place.ts";
import {
  type ArchiveProperties,
  archiveSchema,
  readArchiveProperties,
  type Templated,
} from "./archive/properties.ts";
import { refusal } from "./archive/refusal.ts";
import { parseSource, shownSource } from "./archive/source.ts";
import { mismatchIn, type Sums } from "./archive/sums.ts";
import { unpack } from "./archive/unpack.ts";

const shortestIntervalMs = 10_000;
const nanosecondsPerMs = 1_000_000;

export const archive: WatcherType<ArchiveProperties> = {
  type: "archive",
  schema: archiveSchema,
  minimumIntervalMs: shortestIntervalMs,
  initialOutcome: archiveOutcomes.initial,
  read: readArchiveProperties,
  check: checkArchive,
  resources: ({ governor }) => governorIn(governor),

  policy: (_, intervalMs) => ({
    start: "at-once",
    entry: "at-once",
    // 0 is how Choria's documents say "only on transitions".
    intervalMs: intervalMs || undefined,
  }),

  create: (properties, context) => new ArchiveWatcher(properties, context),
};

/** What is to be fetched, and by what its content is verified. */
interface Installation extends Wanted {
  readonly sums: Sums | undefined;
}

class ArchiveWatcher implements Watcher {
  readonly #properties: ArchiveProperties;
  readonly #context: WatcherContext;
  readonly #place: Place;
  readonly #templates: Readonly<Record<Templated | "governor", Template>>;
  /** Fit to be shown; as written until it was rendered once. */
  #source: string;
  #previousOutcome: string = archiveOutcomes.initial;
  #previousRunMs = 0;

  constructor(properties: ArchiveProperties, context: WatcherContext) {
    const { templates, target, creates, governor } = properties;
    const { machine, watcher } = context;
    this.#properties = properties;
    this.#context = context;
    const directory = resolve(machine.directory, target);
    this.#place = placeOf(directory, innerPath(creates) ?? creates, [machine.instance, watcher]);
    this.#templates = {
      source: parseTemplate(templates.source),
      checksum: parseTemplate(templates.checksum),
      verify_checksum: parseTemplate(templates.verify_checksum),
      username: parseTemplate(templates.username),
      password: parseTemplate(templates.password),
      governor: parseTemplate(governor?.name ?? ""),
    };
    this.#source = shownSource(templates.source);
  }

  async observe(look: Look, signal: AbortSignal): Promise<Observation> {
    const begun = this.#context.clock.monotonic();
    const observation = await this.#attempt(look, signal);
    this.#previousRunMs = this.#context.clock.monotonic() - begun;
    this.#previousOutcome = observation.outcome;
    return { ...observation, detail: this.#detail() };
  }

  async #attempt(look: Look, signal: AbortSignal): Promise<Observation> {
    try {
      await this.#tidy();
      const sums = this.#sums(look);
      const fault = await this.#faultOf(this.#place.home, sums, signal);
      if (fault === undefined) return succeeded("verified");
      this.#context.log.info("the archive is installed anew", { directory: this.#place.home, reason: fault });
      // Before it takes a slot: who has nothing to fetch must keep nobody waiting.
      const wanted = this.#wanted(look, sums);
      const isDone = await this.#governed(look, wanted, signal);
      return isDone ? succeeded("downloaded") : skipped;
    } catch (cause) {
      return signal.aborted ? skipped : failed(this.#source, messageOf(cause));
    }
  }

  /** @returns what is wrong with a content, in words; undefined when it is as it should be */
  async #faultOf(
    directory: string,
    sums: Sums | undefined,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    if (!(await isDirectory(directory))) return `there is no directory "${this.#properties.creates}"`;
    return sums && mismatchIn(directory, sums, signal);
  }

  /** @returns undefined when it was not begun */
  async #governed(look: Look, wanted: Installation, signal: AbortSignal): Promise<true | undefined> {
    const { governor } = this.#properties;
    if (!governor) return this.#install(wanted, signal);
    const governance = {
      governor: this.#render("governor", look),
      timeoutMs: governor.timeoutMs,
      leaving: look.leaving,
    };
    return governed(this.#context, governance, signal, (allowed) => this.#install(wanted, allowed));
  }

  async #install(wanted: Installation, signal: AbortSignal): Promise<true> {
    try {
      await prepare(this.#place);
      await this.#fetch(wanted, signal);
      const { archive, unpacked, fresh } = this.#place;
      await unpack(archive, unpacked, { maxBytes: wanted.maxBytes, signal });
      const fault = await this.#faultOf(fresh, wanted.sums, signal);
      if (fault !== undefined) throw refusal(`${fault} in it`);
      signal.throwIfAborted();
      await replace(this.#place);
    } finally {
      await this.#tidy();
    }
    return true;
  }

  #fetch(wanted: Wanted, signal: AbortSignal): Promise<void> {
    const { timeoutMs } = this.#properties;
    const message = `it was not fetched within ${formatDuration(timeoutMs)}; write a longer timeout`;
    const deadline = { timeoutMs, reason: new MachinistError("TIMEOUT", message) };
    return withDeadline(this.#context.clock, deadline, signal, (inTime) =>
      fetchArchive(wanted, this.#place.archive, inTime),
    );
  }

  /** What a look has left, and what one has that was killed. What cannot be removed changes nothing of what is found. */
  async #tidy(): Promise<void> {
    try {
      await mend(this.#place);
    } catch (cause) {
      this.#context.log.warn("cannot remove what is left of an archive", {
        directory: this.#place.staging,
        reason: messageOf(cause),
      });
    }
  }

  #sums(look: Look): Sums | undefined {
    const { verify } = this.#properties;
    if (verify === "") return undefined;
    return {
      file: verify,
      checksum: parseChecksum(this.#render("verify_checksum", look), "verify_checksum"),
    };
  }

  #wanted(look: Look, sums: Sums | undefined): Installation {
    const text = this.#render("source", look);
    this.#source = shownSource(text);
    const login = { username: this.#render("username", look), password: this.#render("password", look) };
    return {
      source: parseSource(text, login),
      checksum: parseChecksum(this.#render("checksum", look), "checksum"),
      insecure: this.#properties.insecure,
      maxBytes: parseSize(this.#properties.maxSize),
      sums,
    };
  }

  #render(property: Templated | "governor", look: Look): string {
    return this.#templates[property].render({ data: look.data, facts: this.#context.facts() });
  }

  #detail(): JsonObject {
    return {
      source: this.#source,
      creates: this.#properties.creates,
      previous_outcome: this.#previousOutcome,
      previous_run_time: Math.round(this.#previousRunMs * nanosecondsPerMs),
    };
  }
}
