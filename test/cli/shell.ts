/** Runs command lines in this process, against streams and a working directory of their own. */
import { EventEmitter } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable, Writable } from "node:stream";
import { main } from "../../src/cli/main.ts";
import type { Surroundings } from "../../src/cli/surroundings.ts";
import type { Clock } from "../../src/lib/clock.ts";
import { systemClock } from "../../src/lib/clock.ts";

export interface Ran {
  readonly status: number;
  readonly stdout: string;
  readonly bytes: Buffer;
  readonly stderr: string;
}

export interface ShellOptions {
  readonly stdin?: string | Uint8Array;
  /** stdin, stdout and stderr are a terminal, and this is typed into it. */
  readonly typed?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly clock?: Clock;
  readonly signals?: EventEmitter;
  /** Takes the place of the stdout that is recorded. */
  readonly stdout?: Writable;
  /** Told of everything written to stdout so far, after each write. */
  readonly onStdout?: (text: string) => void;
}

export class Shell implements AsyncDisposable {
  readonly directory: string;

  constructor(directory: string) {
    this.directory = directory;
  }

  static async create(): Promise<Shell> {
    return new Shell(await mkdtemp(join(tmpdir(), "machinist-cli-")));
  }

  path(...parts: string[]): string {
    return join(this.directory, ...parts);
  }

  async run(...argv: readonly string[]): Promise<Ran> {
    return this.runWith({}, ...argv);
  }

  async runWith(options: ShellOptions, ...argv: readonly string[]): Promise<Ran> {
    const isTerminal = options.typed !== undefined;
    const stdout = new Sink(isTerminal, options.onStdout);
    const stderr = new Sink(isTerminal);
    const input = options.typed ?? options.stdin ?? "";
    const surroundings: Surroundings = {
      stdin: Object.assign(Readable.from(input.length > 0 ? [Buffer.from(input)] : []), {
        isTTY: isTerminal,
      }),
      stdout: options.stdout ?? stdout,
      stderr,
      environment: { PATH: "/usr/bin:/bin", ...options.environment },
      workingDirectory: this.directory,
      signals: options.signals ?? new EventEmitter(),
      clock: options.clock ?? systemClock,
      endNow: () => undefined,
    };
    const status = await main(argv, surroundings);
    return {
      status,
      stdout: stdout.bytes.toString("utf8"),
      bytes: stdout.bytes,
      stderr: stderr.bytes.toString("utf8"),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.directory, { recursive: true, force: true });
  }
}

class Sink extends Writable {
  readonly isTTY: boolean;
  readonly columns = 100;
  readonly #chunks: Buffer[] = [];
  readonly #onWrite: ((text: string) => void) | undefined;

  constructor(isTTY: boolean, onWrite?: (text: string) => void) {
    super();
    this.isTTY = isTTY;
    this.#onWrite = onWrite;
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#chunks.push(chunk);
    this.#onWrite?.(this.bytes.toString("utf8"));
    done();
  }
}
