/** The files that the commands of one helper write: begins those of each run, keeps them bounded, reads them when it has ended. */
import { closeSync, mkdirSync, openSync, realpathSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { CancelTimer, Clock } from "../../lib/clock.ts";
import type { CommandRequest, CommandResult } from "../command.ts";
import { openFileOf, runningProcesses } from "../process-table.ts";
import { type LogLimits, pruneAll, RunNumbers } from "./kept-runs.ts";
import { appendEnding, beginMeta, endingOf } from "./meta.ts";
import { isWhole, OutputFile, readOutput, textOf } from "./output-file.ts";
import { OutputGuard } from "./output-guard.ts";
import { directoryOf, logsRoot, metaFile, runOfFile, type Stream, streamFile } from "./places.ts";

/** Standard output that a watcher reads may take this, whatever the limit is. */
export const stdoutLimit = 1024 * 1024;
/** Of the text of a result: the last bytes. */
export const outputLimit = 64 * 1024;
/** From the end of a command to the search for processes that it left behind. */
const leftBehindMs = 5_000;

export interface RunLogsOptions {
  readonly dataDirectory: string;
  readonly limits: LogLimits;
  readonly clock: Clock;
}

export class RunLogs {
  readonly #options: RunLogsOptions;
  readonly #guard: OutputGuard;
  readonly #numbers = new Map<string, RunNumbers>();
  /** Files of running commands. */
  readonly #running = new Set<string>();
  /** Files that a process holds whose command has ended. */
  #held = new Set<string>();
  #bytes = 0;
  #pruning: Promise<void> | undefined;
  #cancelSearch: CancelTimer | undefined;

  constructor(options: RunLogsOptions) {
    // As the system names the files that a process holds.
    this.#options = { ...options, dataDirectory: realpathSync(options.dataDirectory) };
    this.#guard = new OutputGuard(options.clock);
  }

  /** Takes over what an earlier helper left; call it when no other one works. */
  open(): void {
    this.#searchLeftBehind();
    this.#pruneAll();
  }

  /** @throws the system's error when the files cannot be made */
  begin(request: CommandRequest, place: string): RunLog {
    const { dataDirectory, limits, clock } = this.#options;
    const directory = directoryOf(dataDirectory, request.log);
    const numbers = this.#numbersOf(directory);
    const run = numbers.next();
    const log = new RunLog(
      { directory, run, isApart: request.readsStdout, limit: limits.maxRunSize, clock },
      (bytes) => this.#ended(log, bytes),
    );
    log.open({
      ...request.log,
      id: request.runId,
      started: new Date(clock.now()).toISOString(),
      place,
      helper: process.pid,
    });
    for (const file of log.files) {
      this.#running.add(file.path);
      this.#guard.add(file);
    }
    numbers.prune(limits.runs, this.#isInUse);
    return log;
  }

  close(): void {
    this.#cancelSearch?.();
    this.#guard.close();
  }

  readonly #isInUse = (directory: string, run: number): boolean =>
    (["log", "out", "err"] as const).some((stream) => {
      const path = streamFile(directory, run, stream);
      return this.#running.has(path) || this.#held.has(path);
    });

  #numbersOf(directory: string): RunNumbers {
    const known = this.#numbers.get(directory);
    if (known) return known;
    const numbers = new RunNumbers(directory);
    this.#numbers.set(directory, numbers);
    return numbers;
  }

  #ended(log: RunLog, bytes: number): void {
    for (const { path } of log.files) this.#running.delete(path);
    this.#bytes += bytes;
    if (this.#bytes > this.#options.limits.maxTotalSize) this.#pruneAll();
    this.#searchSoon();
  }

  #pruneAll(): void {
    const { dataDirectory, limits } = this.#options;
    this.#pruning ??= pruneAll(logsRoot(dataDirectory), limits.maxTotalSize, this.#isInUse).then((bytes) => {
      this.#bytes = bytes;
      this.#pruning = undefined;
    });
  }

  #searchSoon(): void {
    this.#cancelSearch ??= this.#options.clock.after(
      leftBehindMs,
      () => {
        this.#cancelSearch = undefined;
        this.#searchLeftBehind();
      },
      { background: true },
    );
  }

  /** What an ended command left behind may go on writing: its files are guarded until no process holds them. */
  #searchLeftBehind(): void {
    this.#held = heldFiles(join(logsRoot(this.#options.dataDirectory), "/")) ?? this.#held;
    for (const path of this.#guard.paths) {
      if (!this.#held.has(path) && !this.#running.has(path)) this.#guard.remove(path);
    }
    for (const path of this.#held) this.#guard.add(new OutputFile(path, this.#options.limits.maxRunSize));
    if ([...this.#held].some((path) => !this.#running.has(path))) this.#searchSoon();
  }
}

interface RunLogParts {
  readonly directory: string;
  readonly run: number;
  readonly isApart: boolean;
  readonly limit: number;
  readonly clock: Clock;
}

/** The files of one run. */
export class RunLog {
  readonly run: number;
  readonly files: readonly OutputFile[];
  readonly #parts: RunLogParts;
  readonly #onEnd: (bytes: number) => void;
  #descriptors: readonly number[] = [];

  constructor(parts: RunLogParts, onEnd: (bytes: number) => void) {
    const { directory, run, isApart, limit } = parts;
    this.run = run;
    this.#parts = parts;
    this.#onEnd = onEnd;
    const file = (stream: Stream, most: number): OutputFile =>
      new OutputFile(streamFile(directory, run, stream), most);
    this.files = isApart
      ? [file("out", Math.max(limit, stdoutLimit)), file("err", limit)]
      : [file("log", limit)];
  }

  /** Where a command writes; open until `handedOver`. */
  get stdio(): { readonly stdout: number; readonly stderr: number } {
    const [stdout = -1, stderr = stdout] = this.#descriptors;
    return { stdout, stderr };
  }

  /** @throws the system's error */
  open(start: Parameters<typeof beginMeta>[1]): void {
    beginInDirectory(this.#metaFile, start);
    this.#descriptors = this.files.map(({ path }) => openSync(path, "ax", 0o600));
  }

  /** The command has them now. */
  handedOver(): void {
    for (const descriptor of this.#descriptors) closeSync(descriptor);
    this.#descriptors = [];
  }

  /** What a command's result says of its output. Never throws: files that are gone are empty. */
  end(
    ending: Pick<CommandResult, "end" | "durationMs">,
  ): Pick<CommandResult, "stdout" | "stdoutComplete" | "output" | "run"> {
    try {
      for (const file of this.files) file.check();
      appendEnding(this.#metaFile, endingOf(ending, this.#parts.clock.now()));
    } catch {
      // Somebody removed them, or the disk is full.
    }
    const outputs = this.files.map(({ path }) => readOutput(path));
    this.#onEnd(outputs.reduce((sum, { length }) => sum + length, 0));
    return { ...this.#stdout(outputs[0]), output: lastOf(Buffer.concat(outputs)), run: this.run };
  }

  #stdout(bytes: Buffer = Buffer.alloc(0)): { stdout: string; stdoutComplete: boolean } {
    const [file] = this.files;
    if (!this.#parts.isApart || !file) return { stdout: "", stdoutComplete: true };
    const isComplete = isWhole(file.path) && bytes.length <= stdoutLimit;
    return {
      stdout: decode(isComplete ? bytes : bytes.subarray(0, stdoutLimit), isComplete),
      stdoutComplete: isComplete,
    };
  }

  get #metaFile(): string {
    return metaFile(this.#parts.directory, this.#parts.run);
  }
}

function beginInDirectory(file: string, start: Parameters<typeof beginMeta>[1]): void {
  try {
    beginMeta(file, start);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    beginMeta(file, start);
  }
}

function decode(bytes: Buffer, isComplete: boolean): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes, { stream: !isComplete });
}

function lastOf(bytes: Buffer): string {
  return bytes.length <= outputLimit ? bytes.toString("utf8") : textOf(bytes.subarray(-outputLimit));
}

/** Files below `root` that processes have as their standard output or error; undefined when the search failed. */
function heldFiles(root: string): Set<string> | undefined {
  try {
    const paths = runningProcesses().flatMap(({ pid }) => [
      openFileOf(pid, 1) ?? "",
      openFileOf(pid, 2) ?? "",
    ]);
    return new Set(paths.filter((path) => path.startsWith(root) && runOfFile(basename(path)) !== undefined));
  } catch {
    return undefined;
  }
}
