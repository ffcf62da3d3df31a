/** Follows the output of runs while they write it. */
import { closeSync, openSync, readSync, statSync } from "node:fs";
import { type Clock, sleep } from "../../lib/clock.ts";
import { readOutput } from "./output-file.ts";
import { streamFile, streams } from "./places.ts";
import { type FoundRun, findRuns, type RunFilter, type RunView } from "./runs.ts";

const pollMs = 200;
const cutText = Buffer.from("\n[machinist: output cut here]\n");

/** `bytes`: what a run wrote since the last time; a run without new output comes when it begins and when it ends. */
export interface RunOutput {
  readonly view: RunView;
  readonly bytes: Buffer;
}

/** What the runs that match write, and then what is new of them and of later ones, until the signal is aborted. */
export async function* followRuns(
  dataDirectory: string,
  filter: RunFilter,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): AsyncGenerator<RunOutput> {
  const followed = new Map<string, FollowedRun>();
  while (!signal.aborted) {
    for (const found of findRuns(dataDirectory, filter)) {
      const key = `${found.directory}/${found.view.run}`;
      const run = followed.get(key) ?? new FollowedRun(found);
      followed.set(key, run);
      const isNews = run.see(found.view);
      // After the view: what an ended run wrote is complete.
      const bytes = run.next();
      if (isNews || bytes.length > 0) yield { view: found.view, bytes };
    }
    await sleep(clock, pollMs, signal).catch(() => undefined);
  }
}

class FollowedRun {
  readonly #files: FollowedFile[];
  #status: string | undefined;

  constructor({ directory, view }: FoundRun) {
    this.#files = streams.map((stream) => new FollowedFile(streamFile(directory, view.run, stream)));
  }

  /** @returns whether it is new, or has ended, or something was concluded from it since the last time */
  see({ status, outcome }: RunView): boolean {
    const isNews = this.#status !== `${status} ${outcome}`;
    this.#status = `${status} ${outcome}`;
    return isNews;
  }

  next(): Buffer {
    return Buffer.concat(this.#files.map((file) => file.next()));
  }
}

class FollowedFile {
  readonly #path: string;
  /** Undefined before the first look. */
  #position: number | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  next(): Buffer {
    const size = statSync(this.#path, { throwIfNoEntry: false })?.size ?? 0;
    if (this.#position === undefined) {
      this.#position = size;
      return readOutput(this.#path);
    }
    const isCut = size < this.#position;
    const start = isCut ? 0 : this.#position;
    this.#position = size;
    return Buffer.concat([isCut ? cutText : Buffer.alloc(0), readPart(this.#path, start, size)]);
  }
}

function readPart(path: string, start: number, end: number): Buffer {
  if (end <= start) return Buffer.alloc(0);
  const descriptor = openSync(path, "r");
  try {
    const buffer = Buffer.alloc(end - start);
    return buffer.subarray(0, readSync(descriptor, buffer, 0, buffer.length, start));
  } finally {
    closeSync(descriptor);
  }
}
