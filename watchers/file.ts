/**
 * The file watcher: tells when a file has other contents, or writes the contents it shall have. This file joins the parts in
 * file/ to the contract.
 */
import { resolve } from "node:path";
import { messageOf } from "../src/lib/errors.ts";
import type { Json } from "../src/lib/json.ts";
import type { Look, Observation, Watcher, WatcherContext, WatcherType } from "../src/watching/watcher.ts";
import { FileHints } from "./file/change-hints.ts";
import { checkFile } from "./file/check.ts";
import { contentIn, contentJson, readContent } from "./file/content.ts";
import { isAbsence, type ManagedFile, managedTemplates, manageFile } from "./file/manage.ts";
import { type FileProperties, fileSchema, readFileProperties } from "./file/properties.ts";

const defaultIntervalMs = 5_000;
const shortestIntervalMs = 500;
const initialOutcome = "unknown";

/** The cursor when there was no file to remember: whatever comes is a change. */
const nothing: Json = null;

export const file: WatcherType<FileProperties> = {
  type: "file",
  schema: fileSchema,
  minimumIntervalMs: shortestIntervalMs,
  initialOutcome,
  read: readFileProperties,
  check: checkFile,

  policy: ({ gatherInitialState }, intervalMs) => ({
    start: gatherInitialState ? "at-once" : "after-interval",
    entry: "at-once",
    intervalMs: intervalMs ?? defaultIntervalMs,
  }),

  create: (properties, context) => new FileWatcher(properties, context),
};

class FileWatcher implements Watcher {
  readonly #properties: FileProperties;
  readonly #context: WatcherContext;
  readonly #path: string;
  readonly #managed: ManagedFile | undefined;
  readonly #hints: FileHints;
  #previousOutcome: string = initialOutcome;

  constructor(properties: FileProperties, context: WatcherContext) {
    const { machine, watcher } = context;
    this.#properties = properties;
    this.#context = context;
    this.#path = resolve(machine.directory, properties.path);
    this.#managed = properties.managed && {
      path: this.#path,
      writer: `${machine.name} ${watcher}`,
      templates: managedTemplates(properties.managed),
    };
    this.#hints = new FileHints(this.#path);
  }

  async observe(look: Look, signal: AbortSignal): Promise<Observation> {
    this.#hints.beforeReading();
    const observation = await this.#attempt(look, signal);
    this.#hints.afterReading(observation.outcome !== "error");
    const detail = { path: this.#path, previous_outcome: this.#previousOutcome };
    this.#previousOutcome = observation.outcome;
    return { ...observation, detail };
  }

  hints(signal: AbortSignal): AsyncIterable<void> {
    return this.#hints.follow(signal);
  }

  async #attempt(look: Look, signal: AbortSignal): Promise<Observation> {
    try {
      if (this.#managed) return await this.#manage(this.#managed, look, signal);
      return await this.#watch(look, signal);
    } catch (cause) {
      if (signal.aborted) throw cause;
      const reason = isAbsence(cause) ? "it is not there" : messageOf(cause);
      const error = `file ${this.#path}: ${reason}`;
      return { outcome: "error", fire: "fail", announce: true, cursor: nothing, error };
    }
  }

  async #watch(look: Look, signal: AbortSignal): Promise<Observation> {
    const known = contentIn(look.cursor);
    const content = await readContent(this.#path, known, { nowMs: this.#context.clock.now(), signal });
    const cursor = contentJson(content);
    const isGathering = this.#properties.gatherInitialState && look.cursor === undefined;
    const isSame = isGathering || content.identity === known?.identity;
    return isSame ? { outcome: "unchanged", cursor } : changed(cursor);
  }

  async #manage(managed: ManagedFile, look: Look, signal: AbortSignal): Promise<Observation> {
    const scope = { data: look.data, facts: this.#context.facts() };
    const reading = { nowMs: this.#context.clock.now(), signal };
    const { wasWritten, content } = await manageFile(managed, scope, contentIn(look.cursor), reading);
    const cursor = content === undefined ? nothing : contentJson(content);
    return wasWritten ? changed(cursor) : { outcome: "unchanged", cursor };
  }
}

function changed(cursor: Json): Observation {
  return { outcome: "changed", fire: "success", announce: true, cursor };
}
