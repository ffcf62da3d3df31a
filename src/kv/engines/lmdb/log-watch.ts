/** A watch of one bucket: first what is there, then READY, then what comes; from memory while its reader keeps up. */

import { breath } from "../../../lib/breath.ts";
import { DeliveredWatch } from "../../delivered-watch.ts";
import { entryWith } from "../../entry.ts";
import type { KeyFilter } from "../../names.ts";
import type { Entry, WatchOptions } from "../../store.ts";
import { type Backlog, LogBacklog, SnapshotBacklog } from "./backlog.ts";
import { stateOf, type View } from "./reading.ts";
import type { Listener } from "./tail.ts";
import type { Tailer } from "./tailer.ts";

/** A reader that is further behind gets the rest from the log, so that it costs no memory. */
const mostQueued = 1000;
const mostQueuedBytes = 8_388_608;

export interface LogWatchOptions extends WatchOptions {
  readonly tailer: Tailer;
  /** Called once, when the watch has ended for whatever reason. */
  readonly ended: (watch: LogWatch) => void;
}

export class LogWatch extends DeliveredWatch implements Listener {
  readonly filter: KeyFilter;
  readonly #view: View;
  readonly #options: LogWatchOptions;
  /** The bucket's revision when the watch began. */
  #start = 0;
  /** Everything up to this revision was queued or is not wanted. */
  #position = 0;
  #backlog: Backlog | undefined;
  #ready = false;
  /** Live entries were let go: the log has them. */
  #behind = false;
  #pumping = false;

  /** @throws INVALID_ARGUMENT for options that contradict each other; all else comes from the iterator */
  constructor(view: View, filter: KeyFilter, options: LogWatchOptions) {
    super(options);
    this.filter = filter;
    this.#view = view;
    this.#options = options;
    if (options.signal?.aborted) this.stop();
    else this.#begin();
  }

  offer(entry: Entry): void {
    if (this.isOver || entry.revision <= this.#position) return;
    if (this.#backlog || this.#behind) {
      this.#behind = true;
      return;
    }
    if (this.delivery.length >= mostQueued || this.delivery.bytes >= mostQueuedBytes) {
      this.#behind = true;
      return;
    }
    this.#position = entry.revision;
    this.#deliver(entry);
  }

  #begin(): void {
    try {
      this.#options.tailer.attach(this.#view, this);
      this.#start = stateOf(this.#view).lastRevision;
      this.#position = this.#start;
      this.#backlog = this.#firstBacklog();
      // What fits into a page or two is read in this very call: nothing written after it can be mistaken for older.
      this.#step();
      if (this.#backlog) this.#step();
    } catch (error) {
      this.end(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #firstBacklog(): Backlog | undefined {
    const { resumeFromRevision, updatesOnly, includeHistory } = this.#options;
    if (resumeFromRevision !== undefined) {
      this.#position = Math.max(this.#start, resumeFromRevision - 1);
      return new LogBacklog(this.#view, this.filter, { after: resumeFromRevision - 1, upTo: this.#start });
    }
    if (updatesOnly) return undefined;
    const wanted = { upTo: this.#start, newestOnly: !includeHistory };
    return new SnapshotBacklog(this.#view, this.filter, { wanted });
  }

  /** Goes on with what the reader has still to get, as long as it waits for it. */
  #pump(): void {
    if (this.#pumping || this.isOver || !(this.#backlog || this.#behind)) return;
    this.#pumping = true;
    void this.#catchUp();
  }

  async #catchUp(): Promise<void> {
    try {
      while (this.delivery.isWanted && !this.isOver && (this.#backlog || this.#behind)) {
        await breath();
        if (!this.isOver) this.#step();
      }
    } catch (error) {
      this.end(error instanceof Error ? error : new Error(String(error)));
    }
    this.#pumping = false;
  }

  #step(): void {
    if (!this.#backlog && this.#behind) {
      this.#behind = false;
      const after = this.#position;
      this.#backlog = new LogBacklog(this.#view, this.filter, { after, upTo: Number.POSITIVE_INFINITY });
    }
    const backlog = this.#backlog;
    if (backlog && !backlog.done) for (const entry of backlog.step()) this.#deliver(entry);
    if (backlog && !backlog.done) return;
    this.#position = Math.max(this.#position, backlog?.position ?? 0);
    this.#backlog = undefined;
    if (this.#ready) return;
    this.#ready = true;
    this.delivery.push({ operation: "READY", revision: this.#start });
  }

  #deliver(entry: Entry): void {
    const { ignoreDeletes, metaOnly } = this.#options;
    if (ignoreDeletes && entry.operation !== "PUT") return;
    this.delivery.push(metaOnly ? entryWith(entry, { value: new Uint8Array(0) }) : entry);
  }

  protected asked(): void {
    this.#pump();
  }

  protected released(): void {
    this.#backlog = undefined;
    this.#options.tailer.detach(this.#view, this);
    this.#options.ended(this);
  }
}
